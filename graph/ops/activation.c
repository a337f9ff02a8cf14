/* Activations: element by element, a formula and its derivative. */
#include <math.h>

#include "graph/ops/unary.h"

#if VAE__REFERENCE
UNARY_BUILDER(relu, .low = -2, .high = 2, .has_kink = true)
UNARY_BUILDER_NUMBER(leaky_relu, "slope", 0.2, .low = -2, .high = 2, .has_kink = true)
UNARY_BUILDER(elu, .low = -2, .high = 2, .has_kink = true)
UNARY_BUILDER(gelu, .low = -3, .high = 3)
UNARY_BUILDER(tanh, .low = -2, .high = 2)
UNARY_BUILDER(sigmoid, .low = -4, .high = 4)
UNARY_BUILDER(softplus, .low = -4, .high = 4)
#endif

#define ROOT_HALF       R(0.70710678118654752440)
#define ROOT_HALF_OF_PI R(0.39894228040143267794) /* 1 / √(2π) */

UNARY(relu, x <= 0 ? 0 : x, y, y > 0 ? dy : 0)
UNARY(leaky_relu, x > 0 ? x : number * x, x, x > 0 ? dy : number * dy)
/* Near 0, exp(x) - 1 loses digits in proportion to x; that is rounding of 1, and harmless beside other units. */
UNARY(elu, x > 0 ? x : vae__exp(x) - 1, y, y > 0 ? dy : dy * (y + 1))
UNARY(gelu, R(0.5) * x * (1 + vae__erf(x * ROOT_HALF)), x,
      dy *(R(0.5) * (1 + vae__erf(x * ROOT_HALF)) + x * ROOT_HALF_OF_PI * vae__exp(R(-0.5) * x * x)))
UNARY(tanh, vae__tanh(x), y, dy *(1 - y * y))
UNARY(sigmoid, vae__sigmoid(x), y, dy *y *(1 - y))
UNARY(softplus, vae__softplus(x), x, dy *vae__sigmoid(x))
