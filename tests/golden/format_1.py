"""The data and the figures of the golden checkpoint tests/golden/format-1.h5; called by format_1.sh.

    format_1.py data X.npy KIND.npy            writes the data, as tests/golden/test_format.c does
    format_1.py figures CHECKPOINT EVALUATION  prints format-1.txt: figures by NumPy, from the file's parameters alone,
                                               and those of `vae eval --json`, which draws noise
"""

import json
import sys

import h5py
import numpy as np

ROWS, SIZE, CODES = 60, 6, 4


def data():
    i, j = np.mgrid[0:ROWS, 0:SIZE]
    x = ((7 * i + 3 * j * j + i * j) % 23 - 5 + 10 * (i % 3)).astype("<i2")
    return x, np.array([b"a", b"bb", b"ccc"])[np.arange(ROWS) % 3]


def affine(group, h):
    return h @ group["weight"][()].astype(float) + group["bias"][()]


def show(name, values):
    print(name, values.size)
    print(*("%.9g" % value for value in values.flat))


def figures(checkpoint, evaluation):
    x, kind = data()
    with h5py.File(checkpoint) as file:
        parameters, fitted = file["parameters"], file["state/fields/x/transform/0"]
        mean, deviation = fitted["mean"][()].astype(float), fitted["deviation"][()].astype(float)
        levels = list(file["fields/kind/levels"][()])
        given = np.array([levels.index(k) for k in kind[:CODES]])
        encoder, decoder = parameters["encoder"], parameters["decoder"]
        h = affine(encoder["0"], (x[:CODES] - mean) / deviation) + encoder["0/weight_kind"][()][given]
        show("encoder/mean", affine(encoder["mean"], np.tanh(h)))
        show("encoder/logvar", affine(encoder["logvar"], np.tanh(h)))
        z = (np.arange(CODES * 2).reshape(CODES, 2) - 3) / 2
        h = affine(decoder["0"], z) + decoder["0/weight_kind"][()][given]
        show("decoder/mean", affine(decoder["mean"], np.maximum(h, 0)) * deviation + mean)
    with open(evaluation) as file:
        found = json.load(file)
    show("elbo", np.array([found["elbo"], found["reconstruction"], found["kl"]]))


if sys.argv[1] == "data":
    for path, values in zip(sys.argv[2:], data()):
        np.save(path, values)
else:
    figures(*sys.argv[2:])
