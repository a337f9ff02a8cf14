#!/usr/bin/env python3
"""Figures of ops by NumPy in float64, from the formulas of <vae/ops.h> as they stand there.

    python3 tests/golden/ops.py > tests/golden/ops.txt

A record is: name, examples, rows for each example, values of a row, inputs, values of the result for each example;
then each input's values, then the result's.
"""
import math
import mpmath
import numpy as np

random = np.random.RandomState(7)
EXAMPLES, SIZE = 3, 7


def draw(low=-3, high=3, rows=1):
    # Few digits, so that the text is short; exact all the same.
    return np.round(random.uniform(low, high, (EXAMPLES, rows, SIZE)), 3)


def clip(logvar):
    return np.clip(logvar, -30, 20)


def softplus(x):
    return np.logaddexp(0, x)


def total(terms):
    return terms.sum(axis=2)


erf = np.vectorize(math.erf)


def kl_standard_normal(mean, logvar):
    logvar = clip(logvar)
    return total(0.5 * (np.exp(logvar) + mean**2 - 1 - logvar))


def kl_gaussian(mean, logvar, prior_mean, prior_logvar):
    logvar, prior_logvar = clip(logvar), clip(prior_logvar)
    return total(0.5 * (prior_logvar - logvar - 1
                        + (np.exp(logvar) + (mean - prior_mean)**2) / np.exp(prior_logvar)))


def loglik_bernoulli(x, logits, mask=1.0):
    return total(mask * (x * logits - softplus(logits)))


def loglik_gaussian(x, mean, logvar, mask=1.0):
    logvar = clip(logvar)
    return total(mask * -0.5 * (np.log(2 * np.pi) + logvar + (x - mean)**2 / np.exp(logvar)))


@np.vectorize
def log_poisson(x, log_rate):
    # With more digits: the parts are large, and what is left of them is small.
    with mpmath.workdps(40):
        return float(mpmath.mpf(x) * log_rate - mpmath.exp(log_rate) - mpmath.loggamma(mpmath.mpf(x) + 1))


def loglik_poisson(x, log_rate, mask=1.0):
    return total(mask * log_poisson(x, np.clip(log_rate, -30, 30)))


def loglik_laplace(x, mean, log_scale, mask=1.0):
    log_scale = np.clip(log_scale, -15, 10)
    return total(mask * -(np.log(2) + log_scale + np.abs(x - mean) / np.exp(log_scale)))


@np.vectorize
def log_continuous_bernoulli(x, logit):
    # As the paper has it, in as many digits as that takes near one half.
    with mpmath.workdps(60):
        rate = 1 / (1 + mpmath.exp(-mpmath.mpf(logit)))
        constant = 2 if logit == 0 else 2 * mpmath.atanh(1 - 2 * rate) / (1 - 2 * rate)
        return float(x * mpmath.log(rate) + (1 - mpmath.mpf(x)) * mpmath.log(1 - rate) + mpmath.log(constant))


@np.vectorize
def continuous_bernoulli_mean(logit):
    with mpmath.workdps(60):
        rate = 1 / (1 + mpmath.exp(-mpmath.mpf(logit)))
        return 0.5 if logit == 0 else float(rate / (2 * rate - 1) + 1 / (2 * mpmath.atanh(1 - 2 * rate)))


def loglik_continuous_bernoulli(x, logits, mask=1.0):
    return total(mask * log_continuous_bernoulli(x, logits))


def logistic(x):
    return 1 / (1 + mpmath.exp(-x))


def level(x, mean, log_scale):
    scale = mpmath.exp(mpmath.mpf(min(max(float(log_scale), -15), 15)))
    above = 1 if x == 255 else logistic((mpmath.mpf(float(x)) + 0.5 - float(mean)) / scale)
    below = 0 if x == 0 else logistic((mpmath.mpf(float(x)) - 0.5 - float(mean)) / scale)
    return above - below


@np.vectorize
def discretized_logistic(x, mean, log_scale):
    with mpmath.workdps(2500):  # 5,000 scales out, both are 1 but for as many digits
        return float(mpmath.log(level(x, mean, log_scale)))


def loglik_discretized_logistic(x, mean, log_scale, mask=1.0):
    return total(mask * discretized_logistic(x, mean, log_scale))


@np.vectorize
def discretized_logistic_mean(mean, log_scale):
    with mpmath.workdps(60):
        return float(sum(x * level(x, mean, log_scale) for x in range(256)))


@np.vectorize
def log_negative_binomial(x, log_mean, log_dispersion):
    with mpmath.workdps(40):
        mean, r = mpmath.exp(mpmath.mpf(log_mean)), mpmath.exp(-mpmath.mpf(log_dispersion))
        choose = mpmath.loggamma(x + r) - mpmath.loggamma(r) - mpmath.loggamma(mpmath.mpf(x) + 1)
        return float(choose + r * mpmath.log(r / (r + mean)) + x * mpmath.log(mean / (r + mean)))


def loglik_negative_binomial(x, log_mean, log_dispersion, mask=1.0):
    return total(mask * log_negative_binomial(x, np.clip(log_mean, -30, 30), np.clip(log_dispersion, -15, 15)))


def logsumexp_rows(x):
    return np.log(np.exp(x).sum(axis=1))


def mask():
    return random.randint(0, 2, (EXAMPLES, 1, SIZE)).astype(float)


def count(most):
    return random.randint(0, most, (EXAMPLES, 1, SIZE)).astype(float)


def near(x):
    # Logarithms of rates near the counts, exact in float32.
    return np.round((np.log(np.maximum(x, 0.5)) + random.uniform(-2, 2, x.shape) / np.sqrt(x + 1)) * 1024) / 1024


wide = np.array([-40.0, -30, -29.5, 0, 19.5, 20, 35]) * np.ones((EXAMPLES, 1, 1))
CASES = [
    ("gelu", lambda x: x * (1 + erf(x / math.sqrt(2))) / 2, [draw()]),
    ("gelu", lambda x: x * (1 + erf(x / math.sqrt(2))) / 2, [draw(-9, 9)]),
    ("softplus", softplus, [draw()]),
    ("softplus", softplus, [draw(-40, 40)]),
    ("elu", lambda x: np.where(x > 0, x, np.expm1(x)), [draw()]),
    ("sigmoid", lambda x: 1 / (1 + np.exp(-x)), [draw(-9, 9)]),
    ("tanh", np.tanh, [draw()]),
    ("log1p", np.log1p, [draw(-0.9, 5)]),
    ("kl_standard_normal", kl_standard_normal, [draw(), draw()]),
    ("kl_standard_normal", kl_standard_normal, [draw(), wide]),
    ("kl_gaussian", kl_gaussian, [draw(), draw(), draw(), draw()]),
    ("loglik_bernoulli", loglik_bernoulli, [draw(0, 1), draw(-9, 9)]),
    ("loglik_bernoulli", loglik_bernoulli, [draw(0, 1), draw(), mask()]),
    ("loglik_gaussian", loglik_gaussian, [draw(), draw(), draw()]),
    ("loglik_gaussian", loglik_gaussian, [draw(0, 0.1), draw(0, 0.1), wide]),
    ("loglik_gaussian", loglik_gaussian, [draw(), draw(), draw(), mask()]),
    ("gaussian_sample", lambda m, v, e: m + np.exp(clip(v) / 2) * e, [draw(), draw(), draw()]),
    ("logsumexp_rows", logsumexp_rows, [draw(rows=5)]),
    ("logsumexp_rows", logsumexp_rows, [draw(-30, 30, rows=5)]),
]
for counts in count(4), count(30), count(65536), count(1000000):
    CASES.append(("loglik_poisson", loglik_poisson, [counts, near(counts)]))
CASES += [
    ("loglik_poisson", loglik_poisson, [count(20), draw(), mask()]),
    ("loglik_poisson", loglik_poisson, [count(20), wide]),
    ("loglik_poisson", loglik_poisson, [count(20) + 0.25, draw()]),
]
CASES += [
    ("clip_logvar", clip, [wide]),
    ("mean_samples", lambda x: x.mean(axis=1), [draw(rows=5)]),
]

CASES += [
    ("loglik_laplace", loglik_laplace, [draw(), draw(), draw()]),
    ("loglik_laplace", loglik_laplace, [draw(), draw(), draw(), mask()]),
    ("loglik_laplace", loglik_laplace, [draw(0, 0.1), draw(0, 0.1), wide / 2]),
]

near_half = np.array([-0.3, -1e-3, -1e-9, 0, 1e-5, 0.04, 0.9]) * np.ones((EXAMPLES, 1, 1))
CASES += [
    ("loglik_continuous_bernoulli", loglik_continuous_bernoulli, [draw(0, 1), draw()]),
    ("loglik_continuous_bernoulli", loglik_continuous_bernoulli, [draw(0, 1), draw(-40, 40), mask()]),
    ("loglik_continuous_bernoulli", loglik_continuous_bernoulli, [draw(0, 1), near_half]),
    ("continuous_bernoulli_mean", continuous_bernoulli_mean, [draw(-40, 40)]),
    ("continuous_bernoulli_mean", continuous_bernoulli_mean, [near_half]),
]

edges = np.array([0.0, 0, 1, 100, 254, 255, 255]) * np.ones((EXAMPLES, 1, 1))
CASES += [
    ("loglik_discretized_logistic", loglik_discretized_logistic, [count(256), draw(-20, 276), draw(1, 6)]),
    ("loglik_discretized_logistic", loglik_discretized_logistic, [edges, edges + draw(), draw(-1, 1)]),
    ("loglik_discretized_logistic", loglik_discretized_logistic, [edges, edges + draw(), draw(6, 18)]),
    ("loglik_discretized_logistic", loglik_discretized_logistic, [edges, edges[:, :, ::-1] + draw(), draw(), mask()]),
    ("discretized_logistic_mean", discretized_logistic_mean, [draw(-20, 276), draw(-2, 6)]),
]

CASES += [
    ("loglik_negative_binomial", loglik_negative_binomial, [count(20), draw(), draw(-9, 9)]),
    ("loglik_negative_binomial", loglik_negative_binomial, [count(20), draw(), draw(-20, -8)]),
    ("loglik_negative_binomial", loglik_negative_binomial, [count(500), draw(4, 7), draw(-6, 3)]),
    ("loglik_negative_binomial", loglik_negative_binomial, [count(20), wide, draw(), mask()]),
]

for name, formula, inputs in CASES:
    result = np.asarray(formula(*inputs))
    print(name, EXAMPLES, inputs[0].shape[1], SIZE, len(inputs), result.size // EXAMPLES)
    for values in inputs + [result]:
        print(*(repr(float(v)) for v in values.ravel()))
