#!/usr/bin/env python3
"""Recomputes what libvae says of examples, from a checkpoint's parameters and declaration alone, by NumPy and h5py.

    posterior.py CHECKPOINT FIGURES

FIGURES is what tests/golden/test_golden.c writes: seed, ELBO, and of each example its number, class, stored values,
reconstruction, KL and posterior mean. The noise is drawn here anew, by the layout that src/base/random.h promises.
Prints a line and exits 0 where all agree, 1 where not, 77 where NumPy or h5py is missing.
"""
import math
import sys

try:
    import h5py
    import numpy as np
except ImportError as missing:
    print(missing)
    sys.exit(77)

TOLERANCE = 1e-4


# ---- Random numbers ----

def stream(purpose, label):
    """FNV-1a of "purpose/label"."""
    state = 2166136261
    for byte in (purpose + "/" + label).encode():
        state = (state ^ byte) * 16777619 & 0xFFFFFFFF
    return state


def philox(counter, key):
    """Philox4x32-10: four words."""
    c, (k0, k1) = list(counter), key
    for _ in range(10):
        first, second = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [second >> 32 ^ c[1] ^ k0, second & 0xFFFFFFFF, first >> 32 ^ c[3] ^ k1, first & 0xFFFFFFFF]
        k0, k1 = k0 + 0x9E3779B9 & 0xFFFFFFFF, k1 + 0xBB67AE85 & 0xFFFFFFFF
    return c


def words(seed, label, example, count):
    """The first words of an example; epoch or step 0."""
    key = seed & 0xFFFFFFFF, seed >> 32
    found = []
    while len(found) < count:
        found += philox([len(found) // 4, example, 0, stream("evaluate", label)], key)
    return found


def uniform(seed, label, example, count):
    return np.array([(w >> 8) / 2**24 for w in words(seed, label, example, count)[:count]])


def normal(seed, label, example, count):
    """Box and Muller: two words make two normals."""
    w, values = words(seed, label, example, count + 1), []
    for i in range(0, len(w), 2):
        radius = math.sqrt(-2 * math.log(((w[i] >> 8) + 1) / 2**24))
        angle = 2 * math.pi * (w[i + 1] >> 8) / 2**24
        values += [radius * math.cos(angle), radius * math.sin(angle)]
    return np.array(values[:count])


# ---- The model ----

ACTIVATIONS = {
    "linear": lambda h: h,
    "relu": lambda h: np.maximum(h, 0),
    "tanh": np.tanh,
    "softplus": lambda h: np.logaddexp(0, h),
}


class Model:
    def __init__(self, file):
        self.parameters = {}
        file["parameters"].visititems(self.take)
        about, x = file["model"].attrs, file["fields/x"].attrs
        self.encoder, self.decoder = about["encoder"].decode(), about["decoder"].decode()
        assert (about["posterior"], about["prior"]) == (b"gaussian", b"standard-normal")
        assert (x["likelihood"], x["transform"]) == (b"bernoulli", b"unit, binarize")
        self.condition = about["conditions"][0].decode()

    def take(self, name, item):
        if isinstance(item, h5py.Dataset):
            self.parameters[name] = item[...].astype(float)

    def affine(self, name, h):
        return h @ self.parameters[name + "/weight"] + self.parameters[name + "/bias"]

    def network(self, name, phrases, h, given):
        """Layers such as "dense 500 relu"; the condition joins the first."""
        for i, phrase in enumerate(phrases.split(", ")):
            word, units, *activation = phrase.split()
            layer = "%s/%d" % (name, i)
            assert word == "dense" and self.parameters[layer + "/bias"].shape == (int(units),)
            h = self.affine(layer, h)
            if i == 0:
                h = h + self.parameters["%s/weight_%s" % (layer, self.condition)][given]
            h = ACTIVATIONS[activation[0] if activation else "linear"](h)
        return h

    def figures(self, seed, example, given, stored):
        """Reconstruction, KL and posterior mean of an example."""
        # Compared as float32, as they are drawn.
        level = (stored.astype(np.float32) * np.float32(1 / 255)).astype(float)
        x = (uniform(seed, "binarize", example, len(stored)) < level).astype(float)
        h = self.network("encoder", self.encoder, x, given)
        mean, logvar = self.affine("encoder/mean", h), np.clip(self.affine("encoder/logvar", h), -30, 20)
        z = mean + np.exp(logvar / 2) * normal(seed, "z", example, len(mean))
        logits = self.affine("decoder/logits", self.network("decoder", self.decoder, z, given))
        reconstruction = np.sum(x * logits - np.logaddexp(0, logits))
        kl = 0.5 * np.sum(np.exp(logvar) + mean**2 - 1 - logvar)
        return reconstruction, kl, mean


def check(what, found, expected):
    worst = np.max(np.abs(np.asarray(found) - expected) / (np.abs(expected) + 1e-2))
    if not worst <= TOLERANCE:
        print("%s: %s, here %s" % (what, found, expected))
        sys.exit(1)


def main(checkpoint, figures):
    with h5py.File(checkpoint, "r") as file:
        model = Model(file)
    with open(figures) as file:
        seed, elbo = file.readline().split()
        lines = [[float(word) for word in line.split()] for line in file]
    total, size = 0, 784
    for line in lines:
        example, given = int(line[0]), int(line[1])
        stored, told = np.array(line[2:2 + size]), line[2 + size:]
        reconstruction, kl, mean = model.figures(int(seed), example, given, stored)
        check("example %d: reconstruction" % example, told[0], reconstruction)
        check("example %d: KL" % example, told[1], kl)
        check("example %d: posterior mean" % example, told[2:], mean)
        total += reconstruction - kl
    check("ELBO", float(elbo), total / len(lines))
    print("%d examples agree" % len(lines))


if __name__ == "__main__":
    main(*sys.argv[1:])
