/*
 * The builders: each adds a node to the graph of its arguments and returns it, or returns NULL after a mistake
 * (see vae_graph_status). Labels and names are copied. Below, (rows, …) is a value of each example, R rows per example;
 * shared means a value without rows. What a formula says of one row holds for every row.
 */
#ifndef VAE_OPS_H
#define VAE_OPS_H

#include <vae/graph.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Sources ----------------------------------------------------------------------------------------------------- */

/* Data, bound at a run: `shape` per example, R = 1. */
VAE_API vae_node *vae_input(vae_graph *graph, const char *label, int rank, const int64_t *shape);

typedef enum vae_noise_kind {
    VAE_NORMAL, /* N(0, 1), by Box and Muller */
    VAE_UNIFORM /* U[0, 1), multiples of 2^-24 */
} vae_noise_kind;

/* Noise, drawn at a run from its seed for each example, unless bound; the same for all samples of it. R = 1. */
VAE_API vae_node *vae_noise(vae_graph *graph, vae_noise_kind kind, const char *label, int rank, const int64_t *shape);

/* Noise of `samples` rows per example. Row k is the same whatever their number, and in whatever pieces they are run. */
VAE_API vae_node *vae_noise_samples(vae_graph *graph, vae_noise_kind kind, const char *label, int64_t samples, int rank,
                                    const int64_t *shape);

typedef enum vae_initial {
    VAE_ZEROS,
    VAE_GLOROT, /* see vae_store_initialize */
    VAE_ONES
} vae_initial;

/* A trainable value of the store, shared. */
VAE_API vae_node *vae_parameter(vae_graph *graph, const char *name, vae_initial initial, int rank,
                                const int64_t *shape);

/* A value of the store without a gradient, shared: a fitted constant, say. First value: zeros. */
VAE_API vae_node *vae_state(vae_graph *graph, const char *name, int rank, const int64_t *shape);

/* The same with another first value. */
VAE_API vae_node *vae_state_from(vae_graph *graph, const char *name, vae_initial initial, int rank,
                                 const int64_t *shape);

/* A constant, shared; `values` (row-major) are copied. */
VAE_API vae_node *vae_constant(vae_graph *graph, int rank, const int64_t *shape, const double *values);

/* ---- Layers ------------------------------------------------------------------------------------------------------ */

/* x · w: (rows, n) × shared (n, m) → (rows, m). */
VAE_API vae_node *vae_matmul(vae_node *x, vae_node *weight);

/* x · w + b: (rows, n), shared (n, m), shared (m) → (rows, m). */
VAE_API vae_node *vae_affine(vae_node *x, vae_node *weight, vae_node *bias);

/* vae_affine with parameters of its own, "name/weight" (Glorot) and "name/bias" (zeros). */
VAE_API vae_node *vae_dense(vae_node *x, int64_t units, const char *name);

/* ---- Arithmetic -------------------------------------------------------------------------------------------------- */
/*
 * a and b of one shape and one number of rows; or b shared where a has rows (a bias); or b a single value for each row,
 * or one for all (a row's scalar). The result has a's shape and rows.
 */
VAE_API vae_node *vae_add(vae_node *a, vae_node *b);
VAE_API vae_node *vae_sub(vae_node *a, vae_node *b);
VAE_API vae_node *vae_mul(vae_node *a, vae_node *b);
VAE_API vae_node *vae_div(vae_node *a, vae_node *b);
VAE_API vae_node *vae_scale(vae_node *x, double factor);
VAE_API vae_node *vae_negate(vae_node *x);

/* ---- Elementwise, shape and rows of x ---------------------------------------------------------------------------- */
VAE_API vae_node *vae_relu(vae_node *x);                     /* max(x, 0), derivative 0 at 0; NaN stays */
VAE_API vae_node *vae_leaky_relu(vae_node *x, double slope); /* x > 0 ? x : slope · x */
VAE_API vae_node *vae_elu(vae_node *x);                      /* x > 0 ? x : exp(x) - 1 */
VAE_API vae_node *vae_gelu(vae_node *x);                     /* x · (1 + erf(x / √2)) / 2 */
VAE_API vae_node *vae_tanh(vae_node *x);
VAE_API vae_node *vae_sigmoid(vae_node *x);  /* 1 / (1 + exp(-x)) */
VAE_API vae_node *vae_softplus(vae_node *x); /* log(1 + exp(x)), as max(x, 0) + log1p(exp(-|x|)) */
VAE_API vae_node *vae_exp(vae_node *x);
VAE_API vae_node *vae_log(vae_node *x);
VAE_API vae_node *vae_log1p(vae_node *x);
VAE_API vae_node *vae_square(vae_node *x);
VAE_API vae_node *vae_sqrt(vae_node *x);

/* ---- Reductions -------------------------------------------------------------------------------------------------- */

/* Sum and mean over the dimensions `first`, first + 1, … of each row; 0: over all, to a single value, shape (1). */
VAE_API vae_node *vae_sum(vae_node *x, int first);
VAE_API vae_node *vae_mean(vae_node *x, int first);

/* Mean over all rows of all examples: shared, x's shape. */
VAE_API vae_node *vae_mean_rows(vae_node *x);

/* (1 / K) Σ_k x_k over the K rows of each example, elementwise: R = 1. */
VAE_API vae_node *vae_mean_samples(vae_node *x);

/* log Σ_k exp(x_k) over the K rows of each example, elementwise: R = 1. */
VAE_API vae_node *vae_logsumexp_rows(vae_node *x);

/* ---- Shapes ------------------------------------------------------------------------------------------------------ */

/* Side by side along dimension `axis` of the example. The other dimensions and the rows agree. */
VAE_API vae_node *vae_concat(vae_node *a, vae_node *b, int axis);

/* Elements begin … end - 1 of dimension `axis`. */
VAE_API vae_node *vae_slice(vae_node *x, int axis, int64_t begin, int64_t end);

VAE_API vae_node *vae_reshape(vae_node *x, int rank, const int64_t *shape);

/* Each row K times, one after another: R = 1 → K. */
VAE_API vae_node *vae_repeat(vae_node *x, int64_t samples);

/* ---- Images: (height, width, channels), channels last ------------------------------------------------------------ */

/* In the place of a padding: so much that an image whose size is a multiple of the stride has size / stride places, and
 * a transposed convolution makes size · stride of it. Where that is an odd number, below and to the right is one more.
 */
#define VAE_SAME (-1)

/* How a window slides over an image; of each pair the first is of the height. All zero but the kernel: step by step, no
 * padding, no gaps, one group. It must come out even: what a stride would leave over is a mistake. */
typedef struct vae_window {
    int64_t kernel[2];   /* of a pool; a convolution has that of its weight */
    int64_t stride[2];   /* 0: 1 */
    int64_t padding[2];  /* zeros on each side, or VAE_SAME; of pools what is outside does not count */
    int64_t dilation[2]; /* how far apart the kernel's values lie; 0: 1. A pool has none */
    int64_t groups;      /* of channels, which do not mix; 0: 1. A pool has none */
} vae_window;

/* y[p, u] = b[u] + Σ_{i, j, c} x[p · stride + (i, j) · dilation − padding, c] · w[i, j, c, u]: (rows, h, w, channels)
 * by a shared weight (kernel height, kernel width, channels / groups, units), and a bias (units) or NULL, → (rows, h′,
 * w′, units). `window` may be NULL: all as usual. */
VAE_API vae_node *vae_conv(vae_node *x, vae_node *weight, vae_node *bias, const vae_window *window);

/* The transpose of that as a matrix, the gradient of a convolution by its image: (rows, h, w, channels) by a weight
 * (kernel height, kernel width, units / groups, channels) → (rows, h′, w′, units). */
VAE_API vae_node *vae_conv_transposed(vae_node *x, vae_node *weight, vae_node *bias, const vae_window *window);

/* The largest, or the mean, of each channel in a window. Of several largest the first takes the gradient. */
VAE_API vae_node *vae_max_pool(vae_node *x, const vae_window *window);
VAE_API vae_node *vae_mean_pool(vae_node *x, const vae_window *window);

/* Each pixel `height` times downwards and `width` times to the right: its nearest neighbour. */
VAE_API vae_node *vae_upsample(vae_node *x, int64_t height, int64_t width);

/* ---- Normalisation by channel, which is the last dimension; y has x's shape -------------------------------------- */

/* Means and variances over all rows and places, shared, (channels); `mean` is vae_channel_mean(x), to which no gradient
 * flows, for there it is 0 (Ioffe, Szegedy 2015, algorithm 1). */
VAE_API vae_node *vae_channel_mean(vae_node *x);
VAE_API vae_node *vae_channel_variance(vae_node *x, vae_node *mean);

/* (x − mean) / √(variance + epsilon), both shared, (channels): those of the batch, or state. */
VAE_API vae_node *vae_normalize(vae_node *x, vae_node *mean, vae_node *variance, double epsilon);

/* The same by mean and variance of each row's groups of channels (Wu, He 2018); one group is layer normalisation. */
VAE_API vae_node *vae_group_norm(vae_node *x, int64_t groups, double epsilon);

/* uniform < rate ? 0 : x / (1 − rate), where uniform is U[0, 1) of x's shape (Srivastava et al. 2014). */
VAE_API vae_node *vae_dropout(vae_node *x, vae_node *uniform, double rate);

/* ---- Tables ------------------------------------------------------------------------------------------------------ */

/* Row index[e] of a shared table: (n, m) and (rows, 1) → (rows, m). An index outside 0 … n - 1 gives NaN. No gradient
 * flows to the index. */
VAE_API vae_node *vae_gather(vae_node *table, vae_node *index);

/* ---- Binary values; no gradient flows through (a step's is 0 almost everywhere) ---------------------------------- */

/* uniform < x ? 1 : 0, a Bernoulli draw of mean x where uniform is U[0, 1). */
VAE_API vae_node *vae_binarize(vae_node *x, vae_node *uniform);

/* x > threshold ? 1 : 0 */
VAE_API vae_node *vae_threshold(vae_node *x, double threshold);

/* ---- Missing values ---------------------------------------------------------------------------------------------- */

/* 1 where a value of x was observed, else 0: where it is NaN or infinite, or equals *fill (rounded to the executor's
 * precision, as x is). `fill` may be NULL; it is copied. No gradient flows through. */
VAE_API vae_node *vae_observed(vae_node *x, const double *fill);

/* x where mask is not 0, else `value`, finite: chosen and not multiplied, so that a NaN under the mask is gone. Mask
 * and x of one shape and rows. The gradient flows to x where mask is not 0, and nowhere to the mask. */
VAE_API vae_node *vae_fill(vae_node *x, vae_node *mask, double value);

/* ---- Gaussians: log-variance, clipped to [-30, 20] (gradient 0 outside) wherever it is exponentiated ------------- */

/* min(max(x, −30), 20), gradient 0 outside: what a formula of one's own exponentiates. */
VAE_API vae_node *vae_clip_logvar(vae_node *x);

/* mean + exp(logvar / 2) · noise, all of one shape and rows (Kingma, Welling 2014, section 2.4). */
VAE_API vae_node *vae_gaussian_sample(vae_node *mean, vae_node *logvar, vae_node *noise);

/* KL(N(mean, exp(logvar)) ‖ N(0, 1)) = ½ Σ (exp(logvar) + mean² − 1 − logvar), in nats, shape (1)
 * (Kingma, Welling 2014, appendix B). */
VAE_API vae_node *vae_kl_standard_normal(vae_node *mean, vae_node *logvar);

/* KL(N(mean, exp(logvar)) ‖ N(prior_mean, exp(prior_logvar)))
 * = ½ Σ (prior_logvar − logvar − 1 + (exp(logvar) + (mean − prior_mean)²) / exp(prior_logvar)), in nats, shape (1). */
VAE_API vae_node *vae_kl_gaussian(vae_node *mean, vae_node *logvar, vae_node *prior_mean, vae_node *prior_logvar);

/* ---- Log-likelihoods: nats of each row, shape (1); mask (1: observed, 0: not; no gradient) or NULL for all -------
 *
 * x and the mask have as many rows as what x is compared with, or one that serves them all: samples of a decoder beside
 * the example. Such a one that vae_repeat made is read where it came from. */

/* Σ mask · (x · logits − softplus(logits)), x in [0, 1]. */
VAE_API vae_node *vae_loglik_bernoulli(vae_node *x, vae_node *logits, vae_node *mask);

/* −½ Σ mask · (log 2π + logvar + (x − mean)² / exp(logvar)). */
VAE_API vae_node *vae_loglik_gaussian(vae_node *x, vae_node *mean, vae_node *logvar, vae_node *mask);

/* Σ mask · (x · log_rate − exp(log_rate) − log x!), x a count; log_rate is clipped to [−30, 30], gradient 0 outside. It
 * may be shared, as x's shape or a single value. No gradient flows to x, and below 0 the result is −infinity. */
VAE_API vae_node *vae_loglik_poisson(vae_node *x, vae_node *log_rate, vae_node *mask);

/* −Σ mask · (log 2 + log_scale + |x − mean| / exp(log_scale)): Laplace, whose mean is its median. log_scale is clipped
 * to [−15, 10], gradient 0 outside. The derivative by x and mean where they are equal is 0. */
VAE_API vae_node *vae_loglik_laplace(vae_node *x, vae_node *mean, vae_node *log_scale, vae_node *mask);

/* Σ mask · (x · logits − log((exp(logits) − 1) / logits)), x in [0, 1]: the continuous Bernoulli, whose λ has these
 * logits (Loaiza-Ganem, Cunningham 2019); at logits of 0 it is uniform. */
VAE_API vae_node *vae_loglik_continuous_bernoulli(vae_node *x, vae_node *logits, vae_node *mask);

/* Its mean, elementwise: 1 / (1 − exp(−logits)) − 1 / logits; ½ at 0. */
VAE_API vae_node *vae_continuous_bernoulli_mean(vae_node *logits);

/* Σ mask · log (F(x + ½) − F(x − ½)), F(t) = 1 / (1 + exp((mean − t) / exp(log_scale))), x a whole number from 0 to
 * 255; of 0, F(−½) is 0 instead, of 255, F(255½) is 1 (Kingma et al. 2016; Salimans et al. 2017). All are in units of
 * x; log_scale is clipped to [−15, 15], gradient 0 outside. No gradient flows to x. */
VAE_API vae_node *vae_loglik_discretized_logistic(vae_node *x, vae_node *mean, vae_node *log_scale, vae_node *mask);

/* The mean level, mean's shape and rows: Σ_k P(x > k), which the edges move away from `mean`. log_scale may be shared.
 * No gradient flows through. */
VAE_API vae_node *vae_discretized_logistic_mean(vae_node *mean, vae_node *log_scale);

/* Σ_i mask_i · (logits_{i, x_i} − log Σ_k exp(logits_{i, k})), x (rows, n) class numbers 0 … C − 1, logits (rows, n ·
 * C), a value's C logits side by side; x and mask of one shape, all with as many rows. Another number than those gives
 * NaN. No gradient flows to x. */
VAE_API vae_node *vae_loglik_categorical(vae_node *x, vae_node *logits, vae_node *mask);

/* The mean class number Σ_k k · p(k) of each value: (rows, n · classes) → (rows, n). No gradient flows through. */
VAE_API vae_node *vae_categorical_mean(vae_node *logits, int64_t classes);

/* Σ mask · log (Γ(x + r) / (Γ(r) x!) · (r / (r + μ))^r · (μ / (r + μ))^x), x a count, μ = exp(log_mean), r = 1 / α,
 * α = exp(log_dispersion): the negative binomial of mean μ and variance μ + α μ². log_mean is clipped to [−30, 30],
 * log_dispersion to [−15, 15], gradient 0 outside. No gradient flows to x, and below 0 the result is −infinity. */
VAE_API vae_node *vae_loglik_negative_binomial(vae_node *x, vae_node *log_mean, vae_node *log_dispersion,
                                               vae_node *mask);

/* ---- Values drawn from them: the noise's shape and rows; no gradient flows through ------------------------------- */
/*
 * `uniform` is U[0, 1), `normal` N(0, 1), of which each value drawn is a function, the same for every precision. The
 * other inputs have the noise's shape and rows, or are shared, as its shape or as single values; logarithms are clipped
 * as above.
 */

/* A count: the smallest whose distribution function is at least the normal one's of the noise. */
VAE_API vae_node *vae_poisson_sample(vae_node *log_rate, vae_node *normal);

/* mean − exp(log_scale) · sign(u) · log(1 − 2 |u|), u = uniform − ½. */
VAE_API vae_node *vae_laplace_sample(vae_node *mean, vae_node *log_scale, vae_node *uniform);

/* log(1 + uniform · (exp(logits) − 1)) / logits, the inverse of the distribution function. */
VAE_API vae_node *vae_continuous_bernoulli_sample(vae_node *logits, vae_node *uniform);

/* The whole number nearest to mean + exp(log_scale) · log(uniform / (1 − uniform)), from 0 to 255. */
VAE_API vae_node *vae_discretized_logistic_sample(vae_node *mean, vae_node *log_scale, vae_node *uniform);

/* The first class k with P(0) + … + P(k) > uniform; uniform (rows, n), logits (rows, n · C). */
VAE_API vae_node *vae_categorical_sample(vae_node *logits, vae_node *uniform);

/* A Poisson count by `normal`, of a rate drawn by `of_rate`, normal noise too: exp(log_mean) · α · g, g of the gamma
 * density of shape 1 / α. */
VAE_API vae_node *vae_negative_binomial_sample(vae_node *log_mean, vae_node *log_dispersion, vae_node *normal,
                                               vae_node *of_rate);

/* ---- An op of one's own ------------------------------------------------------------------------------------------ */

#define VAE_MAX_OP_INPUTS    4
#define VAE_MAX_OP_ARGUMENTS 4

/* The shape of an example. */
typedef struct vae_shape {
    int rank;
    int64_t sizes[VAE_MAX_RANK];
} vae_shape;

/* A row of an op's inputs and of its output; of a shared input the same values for every row. */
typedef struct vae_op_row {
    const double *arguments;
    const double *in[VAE_MAX_OP_INPUTS];
    int64_t in_size[VAE_MAX_OP_INPUTS]; /* values of a row: the product of the shape */
    int64_t out_size;
    double *out;                        /* forward: to be written; backward: as forward left it */
    const double *grad;                 /* backward: of the objective by each value of out */
    double *grad_in[VAE_MAX_OP_INPUTS]; /* backward: to be added to; NULL: not wanted */
} vae_op_row;

/*
 * An op that a program brings: y = f(a, b, …), each row of y a function of that row of its inputs. Its functions see
 * doubles, whatever the executor's precision is (rows are converted for them), are called for rows in any order and by
 * several threads at once, and are functions of what they are given alone. `vae check` compares backward with finite
 * differences.
 */
typedef struct vae_op {
    const char *name; /* in messages and drawings; and as an activation in a declaration, see <vae/catalogue.h> */
    int inputs;       /* how many, 1 … VAE_MAX_OP_INPUTS */
    /* Sets the output's shape from the inputs', and returns NULL; or returns what is wrong with them, a line. NULL: the
     * output has the first input's shape. */
    const char *(*shape)(const double *arguments, const vae_shape *inputs, vae_shape *output);
    void (*forward)(const vae_op_row *row);
    void (*backward)(const vae_op_row *row); /* NULL: no gradient flows through */
} vae_op;

/*
 * A node of an op of one's own. `op` is borrowed and must outlive the graph; `arguments`, VAE_MAX_OP_ARGUMENTS numbers,
 * are copied (NULL: zeros). Inputs with rows agree in how many they have; where all are shared, so is the result. The
 * gradient of a shared input is summed over the rows in their order.
 */
VAE_API vae_node *vae_apply(const vae_op *op, vae_node *const *inputs, const double *arguments);

#ifdef __cplusplus
}
#endif
#endif
