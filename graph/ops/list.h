/* Every op, a line each: a new op is its own file and a line here. The suite walks this list. */
#ifndef VAE_GRAPH_OPS_LIST_H
#define VAE_GRAPH_OPS_LIST_H

#define VAE__OP_LIST(X)                                                                                                \
    X(input)                                                                                                           \
    X(noise)                                                                                                           \
    X(parameter)                                                                                                       \
    X(state)                                                                                                           \
    X(constant)                                                                                                        \
    X(matmul)                                                                                                          \
    X(affine)                                                                                                          \
    X(add)                                                                                                             \
    X(sub)                                                                                                             \
    X(mul)                                                                                                             \
    X(div)                                                                                                             \
    X(scale)                                                                                                           \
    X(negate)                                                                                                          \
    X(relu)                                                                                                            \
    X(leaky_relu)                                                                                                      \
    X(elu)                                                                                                             \
    X(gelu)                                                                                                            \
    X(tanh)                                                                                                            \
    X(sigmoid)                                                                                                         \
    X(softplus)                                                                                                        \
    X(exp)                                                                                                             \
    X(log)                                                                                                             \
    X(log1p)                                                                                                           \
    X(square)                                                                                                          \
    X(sqrt)                                                                                                            \
    X(sum)                                                                                                             \
    X(mean)                                                                                                            \
    X(mean_rows)                                                                                                       \
    X(mean_samples)                                                                                                    \
    X(logsumexp_rows)                                                                                                  \
    X(concat)                                                                                                          \
    X(slice)                                                                                                           \
    X(reshape)                                                                                                         \
    X(repeat)                                                                                                          \
    X(conv)                                                                                                            \
    X(conv_transposed)                                                                                                 \
    X(max_pool)                                                                                                        \
    X(mean_pool)                                                                                                       \
    X(upsample)                                                                                                        \
    X(channel_mean)                                                                                                    \
    X(channel_variance)                                                                                                \
    X(normalize)                                                                                                       \
    X(group_norm)                                                                                                      \
    X(dropout)                                                                                                         \
    X(gather)                                                                                                          \
    X(binarize)                                                                                                        \
    X(threshold)                                                                                                       \
    X(observed)                                                                                                        \
    X(fill)                                                                                                            \
    X(clip_logvar)                                                                                                     \
    X(gaussian_sample)                                                                                                 \
    X(kl_standard_normal)                                                                                              \
    X(kl_gaussian)                                                                                                     \
    X(loglik_bernoulli)                                                                                                \
    X(loglik_gaussian)                                                                                                 \
    X(loglik_poisson)                                                                                                  \
    X(loglik_laplace)                                                                                                  \
    X(loglik_continuous_bernoulli)                                                                                     \
    X(continuous_bernoulli_mean)                                                                                       \
    X(loglik_discretized_logistic)                                                                                     \
    X(discretized_logistic_mean)                                                                                       \
    X(loglik_categorical)                                                                                              \
    X(categorical_mean)                                                                                                \
    X(loglik_negative_binomial)                                                                                        \
    X(poisson_sample)                                                                                                  \
    X(laplace_sample)                                                                                                  \
    X(continuous_bernoulli_sample)                                                                                     \
    X(discretized_logistic_sample)                                                                                     \
    X(categorical_sample)                                                                                              \
    X(negative_binomial_sample)                                                                                        \
    X(apply)                                                                                                           \
    X(apply_constant)

enum {
#define VAE__OP_NUMBER(name) VAE__NUMBER_##name,
    VAE__OP_LIST(VAE__OP_NUMBER)
#undef VAE__OP_NUMBER
        VAE__OP_COUNT
};

#endif
