#!/usr/bin/env python3
"""Terms and gradients of small conditional VAEs of tables with missing values, by PyTorch in float64.

    /usr/bin/python3 tests/golden/torch_fields.py > tests/golden/torch_fields.txt

The models are those of tests/golden/test_golden.c: "table" scores standardized values by a Gaussian with a deviation of
its own for each value, in the units of the table; "counts" scores counts by their rates, and its encoder sees log(1 + x).
Both are given two numbers, standardized, and a class. Means and deviations are fitted here, in two passes over what was
observed, and rounded to float32, as the model keeps what it fits to the same data. A record is: name, how many values; then the values. What stands behind
"gradient" are the gradients of the parameters before it.
"""
import math
import torch
from torch.nn.functional import softplus

torch.manual_seed(3)
X, Z, VALUES, CLASSES, ROWS = 5, 2, 2, 3, 7
SHAPES = {
    "encoder/0/weight": (X, 4), "encoder/0/bias": (4,), "encoder/0/weight_energy": (VALUES, 4),
    "encoder/0/weight_run": (CLASSES, 4),
    "encoder/mean/weight": (4, Z), "encoder/mean/bias": (Z,),
    "encoder/logvar/weight": (4, Z), "encoder/logvar/bias": (Z,),
    "decoder/0/weight": (Z, 4), "decoder/0/bias": (4,), "decoder/0/weight_energy": (VALUES, 4),
    "decoder/0/weight_run": (CLASSES, 4),
}
HEADS = {
    "table": {"decoder/mean/weight": (4, X), "decoder/mean/bias": (X,),
              "decoder/logvar/weight": (4, X), "decoder/logvar/bias": (X,)},
    "counts": {"decoder/log_rate/weight": (4, X), "decoder/log_rate/bias": (X,)},
}


def draw(*shape):
    """Three digits, so that the text is short."""
    return torch.round(torch.randn(*shape, dtype=torch.float64) * 600) / 1000


def exact(x):
    """The same as float32."""
    return torch.round(x * 64) / 64


def affine(p, name, h):
    return h @ p[name + "/weight"] + p[name + "/bias"]


def given(p, name, energy, run):
    return energy @ p[name + "/weight_energy"] + p[name + "/weight_run"][run]


def fit(x, mask):
    count = mask.sum(0)
    mean = (x * mask).sum(0) / count
    deviation = (((x - mean) ** 2 * mask).sum(0) / count).sqrt()
    return mean.float().double(), deviation.float().double()


def terms(model, p, x, mask, energy, run, noise):
    mean, deviation = fit(energy, torch.ones_like(energy))
    energy = (energy - mean) / deviation
    if model == "table":
        mean, deviation = fit(x, mask)
        scored = seen = torch.where(mask > 0, (x - mean) / deviation, 0.)
        jacobian = -(mask * deviation.log()).sum(1)
    else:
        scored, seen, jacobian = x * mask, torch.log1p(x) * mask, 0.
    h = torch.tanh(affine(p, "encoder/0", seen) + given(p, "encoder/0", energy, run))
    m, v = affine(p, "encoder/mean", h), affine(p, "encoder/logvar", h)
    z = m + torch.exp(v / 2) * noise
    kl = 0.5 * (torch.exp(v) + m ** 2 - 1 - v).sum(1)
    h = softplus(affine(p, "decoder/0", z) + given(p, "decoder/0", energy, run))
    if model == "table":
        mean, logvar = affine(p, "decoder/mean", h), affine(p, "decoder/logvar", h)
        log_p = -0.5 * (math.log(2 * math.pi) + logvar + (scored - mean) ** 2 / torch.exp(logvar))
    else:
        rate = affine(p, "decoder/log_rate", h)
        log_p = scored * rate - torch.exp(rate) - torch.lgamma(scored + 1)
    return (log_p * mask).sum(1) + jacobian, kl


def show(name, values):
    print(name, values.numel())
    print(*(repr(v) for v in values.detach().reshape(-1).tolist()))


for model, heads in HEADS.items():
    p = {name: draw(*shape).requires_grad_() for name, shape in {**SHAPES, **heads}.items()}
    x = exact(draw(ROWS, X) * 10 + 3) if model == "table" else torch.poisson(torch.full((ROWS, X), 4., dtype=torch.float64))
    mask = (torch.rand(ROWS, X) < 0.7).double()
    mask[2] = 0
    mask[0] = 1
    energy = exact(1000 + 5 * draw(ROWS, VALUES))
    run = torch.tensor([2, 0, 2, 1, 1, 0, 2])
    noise = draw(ROWS, Z)
    reconstruction, kl = terms(model, p, x, mask, energy, run, noise)
    loss = (kl - reconstruction).mean()
    loss.backward()
    print("model", model)
    show("x", x)
    show("mask", mask)
    show("energy", energy)
    show("run", run)
    show("noise", noise)
    show("reconstruction", reconstruction)
    show("kl", kl)
    for name in p:
        show(name, p[name])
    show("loss", loss)
    print("gradient", len(p))
    for name in p:
        show(name, p[name].grad)
print("end", 0)
