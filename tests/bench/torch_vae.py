#!/usr/bin/python3
"""The PyTorch twin of `vae train vae` and `vae train cvae`: the same nets, dynamic binarisation, Adam, batch 128.

    tests/bench/torch_vae.py [vae|cvae] FOLDER [EPOCHS] [THREADS]

prints the seconds of each epoch and, at the end, the test elbo in nats per example. FOLDER holds MNIST's IDX files,
gzipped or not. Needs Debian's python3-torch, and libopenblas0 beside it: with the reference
BLAS that comes without, matrix products are many times slower.
"""
import gzip
import os
import sys
import time

import torch
import torch.nn.functional as F

NETS = {"vae": ([400], 0), "cvae": ([500, 500], 10)}


def idx(folder, name, offset):
    path = os.path.join(folder, name)
    with (open(path, "rb") if os.path.exists(path) else gzip.open(path + ".gz", "rb")) as file:
        return torch.frombuffer(bytearray(file.read()[offset:]), dtype=torch.uint8)


class Net(torch.nn.Module):
    def __init__(self, hidden, classes, x=784, z=20):
        super().__init__()
        up, down = [x + classes] + hidden, [z + classes] + hidden
        self.encoder = torch.nn.ModuleList(torch.nn.Linear(a, b) for a, b in zip(up, up[1:]))
        self.decoder = torch.nn.ModuleList(torch.nn.Linear(a, b) for a, b in zip(down, down[1:]))
        self.mean, self.logvar = torch.nn.Linear(hidden[-1], z), torch.nn.Linear(hidden[-1], z)
        self.logits = torch.nn.Linear(hidden[-1], x)
        self.classes = classes
        for layer in self.modules():
            if isinstance(layer, torch.nn.Linear):
                torch.nn.init.xavier_uniform_(layer.weight)
                torch.nn.init.zeros_(layer.bias)

    def bound(self, x, y):
        """reconstruction and KL, summed over the batch"""
        given = [F.one_hot(y, self.classes).float()] if self.classes else []
        h = torch.cat([x] + given, 1)
        for layer in self.encoder:
            h = F.relu(layer(h))
        mean, logvar = self.mean(h), self.logvar(h)
        h = torch.cat([mean + torch.exp(logvar / 2) * torch.randn_like(mean)] + given, 1)
        for layer in self.decoder:
            h = F.relu(layer(h))
        reconstruction = -F.binary_cross_entropy_with_logits(self.logits(h), x, reduction="sum")
        kl = 0.5 * torch.sum(logvar.exp() + mean * mean - 1 - logvar)
        return reconstruction, kl


def main():
    name, folder = sys.argv[1], sys.argv[2]
    epochs = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    torch.set_num_threads(int(sys.argv[4]) if len(sys.argv) > 4 else os.cpu_count())
    torch.manual_seed(1)
    train = idx(folder, "train-images-idx3-ubyte", 16).view(-1, 784).float() / 255
    labels = idx(folder, "train-labels-idx1-ubyte", 8).long()
    test = idx(folder, "t10k-images-idx3-ubyte", 16).view(-1, 784).float() / 255
    test_labels = idx(folder, "t10k-labels-idx1-ubyte", 8).long()
    net = Net(*NETS[name])
    adam = torch.optim.Adam(net.parameters(), 1e-3)
    for epoch in range(epochs):
        began = time.perf_counter()
        for rows in torch.randperm(len(train)).split(128):
            reconstruction, kl = net.bound(torch.bernoulli(train[rows]), labels[rows])
            adam.zero_grad(set_to_none=True)
            ((kl - reconstruction) / len(rows)).backward()
            adam.step()
        print(f"epoch {epoch + 1}/{epochs}  {time.perf_counter() - began:.3f} s", flush=True)
    with torch.no_grad():
        reconstruction, kl = net.bound(torch.bernoulli(test), test_labels)
        print(f"test elbo {(reconstruction - kl).item() / len(test):.3f}")


main()
