"""Quantiles of the standard normal distribution for tests/infer/test_points.c: by bisection of erfc, which shares nothing
with the approximation under test.

    python3 tests/infer/quantiles.py
"""
import math


def quantile(p):
    """z with erfc(-z / sqrt(2)) / 2 = p, for 0 < p <= 1/2, where erfc loses no digits."""
    low, high = -40.0, 0.0
    while low < (middle := (low + high) / 2) < high:
        if math.erfc(-middle / math.sqrt(2)) / 2 < p:
            low = middle
        else:
            high = middle
    return high


for p in (1e-300, 1e-100, 1e-30, 1e-12, 1e-6, 1e-3, 0.01, 0.025, 0.07, 0.0749999, 0.0750001, 0.1, 0.25, 0.4, 0.499, 0.5):
    print(f"    {{ {p!r}, {quantile(p)!r} }},")
