#!/usr/bin/env python3
"""Loss and gradients of a small conditional VAE by PyTorch in float64, on fixed data, noise and parameters.

    /usr/bin/python3 tests/golden/torch_step.py > tests/golden/torch_step.txt

The model is that of tests/golden/test_golden.c. A record is: name, how many values; then the values. What stands
behind "gradient" are the gradients of the parameters before it.
"""
import math
import torch
from torch.nn.functional import gelu, softplus

torch.manual_seed(1)
X, Z, CLASSES, ROWS = 6, 2, 3, 4
SHAPES = {
    "encoder/0/weight": (X, 5), "encoder/0/bias": (5,), "encoder/0/weight_digit": (CLASSES, 5),
    "encoder/1/weight": (5, 4), "encoder/1/bias": (4,),
    "encoder/mean/weight": (4, Z), "encoder/mean/bias": (Z,),
    "encoder/logvar/weight": (4, Z), "encoder/logvar/bias": (Z,),
    "decoder/0/weight": (Z, 5), "decoder/0/bias": (5,), "decoder/0/weight_digit": (CLASSES, 5),
}
HEADS = {
    "bernoulli": {"decoder/logits/weight": (5, X), "decoder/logits/bias": (X,)},
    "gaussian": {"decoder/mean/weight": (5, X), "decoder/mean/bias": (X,),
                 "decoder/logvar/weight": (5, X), "decoder/logvar/bias": (X,)},
}


def draw(*shape):
    """Three digits, so that the text is short."""
    return torch.round(torch.randn(*shape, dtype=torch.float64) * 600) / 1000


def affine(p, name, h):
    return h @ p[name + "/weight"] + p[name + "/bias"]


def loss_of(likelihood, p, x, digit, noise):
    h = torch.relu(affine(p, "encoder/0", x) + p["encoder/0/weight_digit"][digit])
    h = torch.tanh(affine(p, "encoder/1", h))
    mean, logvar = affine(p, "encoder/mean", h), affine(p, "encoder/logvar", h)
    z = mean + torch.exp(logvar / 2) * noise
    h = gelu(affine(p, "decoder/0", z) + p["decoder/0/weight_digit"][digit])
    if likelihood == "bernoulli":
        logits = affine(p, "decoder/logits", h)
        log_p = (x * logits - softplus(logits)).sum(1)
    else:
        m, v = affine(p, "decoder/mean", h), affine(p, "decoder/logvar", h)
        log_p = -0.5 * (math.log(2 * math.pi) + v + (x - m) ** 2 / torch.exp(v)).sum(1)
    kl = 0.5 * (torch.exp(logvar) + mean ** 2 - 1 - logvar).sum(1)
    return -(log_p - kl).mean()


def show(name, values):
    print(name, values.numel())
    print(*(repr(v) for v in values.detach().reshape(-1).tolist()))


for likelihood, heads in HEADS.items():
    p = {name: draw(*shape).requires_grad_() for name, shape in {**SHAPES, **heads}.items()}
    x = torch.round(torch.rand(ROWS, X, dtype=torch.float64) * 1000) / 1000
    digit = torch.tensor([2, 0, 2, 1])
    noise = draw(ROWS, Z)
    loss = loss_of(likelihood, p, x, digit, noise)
    loss.backward()
    print("model", likelihood)
    show("x", x)
    show("digit", digit)
    show("noise", noise)
    for name in p:
        show(name, p[name])
    show("loss", loss)
    print("gradient", len(p))
    for name in p:
        show(name, p[name].grad)
print("end", 0)
