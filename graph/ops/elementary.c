/* Elementary functions, element by element. */
#include <math.h>

#include "graph/ops/unary.h"

#if VAE__REFERENCE
UNARY_BUILDER(exp, .low = -2, .high = 2)
UNARY_BUILDER(log, .low = 0.3, .high = 3)
UNARY_BUILDER(log1p, .low = -0.6, .high = 3)
UNARY_BUILDER(square, .low = -2, .high = 2)
UNARY_BUILDER(sqrt, .low = 0.3, .high = 3)
#endif

UNARY(exp, vae__exp(x), y, dy *y)
UNARY(log, vae__log(x), x, dy / x)
UNARY(log1p, vae__log1p(x), x, dy / (1 + x))
UNARY(square, x *x, x, 2 * x * dy)
UNARY(sqrt, vae__sqrt(x), y, R(0.5) * dy / y)
