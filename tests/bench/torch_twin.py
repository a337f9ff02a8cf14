#!/usr/bin/python3
"""The PyTorch twin of `vae bench vae`, `cvae`, `conv-vae` and `conv-vae-64`: the same nets and sizes, dynamic binarisation
(grey levels for colour images), Adam; convolutions with channels last.

    tests/bench/torch_twin.py MODEL [--data FOLDER] [--batch N] [--epochs N] [--threads N]

prints the seconds of each epoch, from the drawing of its order to its last step, and with --data, a folder of MNIST's
IDX files, gzipped or not, at the end the test elbo in nats per example. Without, it trains on random data of the same
shape, which takes as long: of 60,000 examples, or --examples. All data is in memory as float32 before the first epoch.

Needs Debian's python3-torch, and libopenblas0 beside it: with the reference BLAS that comes without, matrix products
are many times slower.
"""
import argparse
import gzip
import os
import sys
import time

import torch
import torch.nn.functional as F

# hidden layers of each network, classes of the condition
NETS = {"vae": ([400], 0), "cvae": ([500, 500], 10)}
# channels, height and width of x; channels of each convolution; dimensions of z; is x binarised?
CONVOLUTIONS = {"conv-vae": ((1, 28, 28), [32, 64], 20, True), "conv-vae-64": ((3, 64, 64), [32, 32, 64, 64], 10, False)}
X, Z = 784, 20


def idx(folder, name, offset):
    path = os.path.join(folder, name)
    with (open(path, "rb") if os.path.exists(path) else gzip.open(path + ".gz", "rb")) as file:
        return torch.frombuffer(bytearray(file.read()[offset:]), dtype=torch.uint8)


def images(folder, split):
    return (idx(folder, split + "-images-idx3-ubyte", 16).view(-1, X).float() / 255,
            idx(folder, split + "-labels-idx1-ubyte", 8).long())


class First(torch.nn.Module):
    """A network's first layer: what is given joins by a weight of its own, added."""

    def __init__(self, size, hidden, classes):
        super().__init__()
        self.linear = torch.nn.Linear(size, hidden)
        self.given = torch.nn.Linear(classes, hidden, bias=False) if classes else None

    def forward(self, x, given):
        y = self.linear(x)
        return torch.addmm(y, given, self.given.weight.t()) if self.given else y


class Net(torch.nn.Module):
    def __init__(self, hidden, classes):
        super().__init__()
        self.classes = classes
        self.encoder, self.decoder = First(X, hidden[0], classes), First(Z, hidden[0], classes)
        self.encoder_rest = torch.nn.ModuleList(torch.nn.Linear(a, b) for a, b in zip(hidden, hidden[1:]))
        self.decoder_rest = torch.nn.ModuleList(torch.nn.Linear(a, b) for a, b in zip(hidden, hidden[1:]))
        self.mean, self.logvar = torch.nn.Linear(hidden[-1], Z), torch.nn.Linear(hidden[-1], Z)
        self.logits = torch.nn.Linear(hidden[-1], X)
        for layer in self.modules():
            if isinstance(layer, torch.nn.Linear):
                torch.nn.init.xavier_uniform_(layer.weight)
                if layer.bias is not None:
                    torch.nn.init.zeros_(layer.bias)

    def bound(self, x, y):
        """reconstruction and KL, summed over the batch"""
        given = F.one_hot(y, self.classes).float() if self.classes else None
        h = F.relu(self.encoder(x, given))
        for layer in self.encoder_rest:
            h = F.relu(layer(h))
        mean, logvar = self.mean(h), self.logvar(h)
        h = F.relu(self.decoder(mean + torch.exp(logvar / 2) * torch.randn_like(mean), given))
        for layer in self.decoder_rest:
            h = F.relu(layer(h))
        reconstruction = -F.binary_cross_entropy_with_logits(self.logits(h), x, reduction="sum")
        kl = 0.5 * torch.sum(logvar.exp() + mean * mean - 1 - logvar)
        return reconstruction, kl


class ConvNet(torch.nn.Module):
    """convolutions 4x4 of stride 2, a dense layer of 256, and the mirror of both"""

    def __init__(self, image, channels, z):
        super().__init__()
        self.image = image
        shrunk = 2 ** len(channels)
        self.inner = (channels[-1], image[1] // shrunk, image[2] // shrunk)
        flat = self.inner[0] * self.inner[1] * self.inner[2]
        sizes = [image[0]] + channels
        self.convolutions = torch.nn.ModuleList(
            torch.nn.Conv2d(a, b, 4, stride=2, padding=1) for a, b in zip(sizes, channels))
        self.hidden, self.mean, self.logvar = (torch.nn.Linear(a, b) for a, b in ((flat, 256), (256, z), (256, z)))
        self.first, self.second = torch.nn.Linear(z, 256), torch.nn.Linear(256, flat)
        self.mirror = torch.nn.ModuleList(
            torch.nn.ConvTranspose2d(b, a, 4, stride=2, padding=1) for a, b in reversed(list(zip(sizes, channels))))
        for layer in self.modules():
            if isinstance(layer, (torch.nn.Linear, torch.nn.Conv2d, torch.nn.ConvTranspose2d)):
                torch.nn.init.xavier_uniform_(layer.weight)
                torch.nn.init.zeros_(layer.bias)
        self.to(memory_format=torch.channels_last)

    def bound(self, x, y):
        x = x.view(-1, *self.image).contiguous(memory_format=torch.channels_last)
        h = x
        for layer in self.convolutions:
            h = F.relu(layer(h))
        h = F.relu(self.hidden(h.flatten(1)))
        mean, logvar = self.mean(h), self.logvar(h)
        h = F.relu(self.first(mean + torch.exp(logvar / 2) * torch.randn_like(mean)))
        h = F.relu(self.second(h)).view(-1, *self.inner).contiguous(memory_format=torch.channels_last)
        for layer in self.mirror[:-1]:
            h = F.relu(layer(h))
        reconstruction = -F.binary_cross_entropy_with_logits(self.mirror[-1](h), x, reduction="sum")
        return reconstruction, 0.5 * torch.sum(logvar.exp() + mean * mean - 1 - logvar)


def run_epoch(net, adam, x, y, batch, binarised):
    for rows in torch.randperm(len(x)).split(batch):
        reconstruction, kl = net.bound(torch.bernoulli(x[rows]) if binarised else x[rows], y[rows])
        adam.zero_grad(set_to_none=True)
        ((kl - reconstruction) / len(rows)).backward()
        adam.step()


def has_openblas():
    try:
        with open("/proc/self/maps") as maps:
            return any("openblas" in line for line in maps)
    except OSError:
        return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=[*NETS, *CONVOLUTIONS])
    parser.add_argument("--data", metavar="FOLDER")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--examples", type=int, default=60000)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    wanted = parser.parse_args()
    torch.set_num_threads(wanted.threads)
    torch.manual_seed(1)
    image, channels, z, binarised = CONVOLUTIONS.get(wanted.model, ((1, 28, 28), None, Z, True))
    if wanted.data:
        x, y = images(wanted.data, "train")
    else:
        x, y = torch.rand(wanted.examples, image[0] * image[1] * image[2]), torch.randint(10, (wanted.examples,))
    net = ConvNet(image, channels, z) if channels else Net(*NETS[wanted.model])
    adam = torch.optim.Adam(net.parameters(), 1e-3)
    if not has_openblas():
        print("torch_twin.py: libopenblas0 is not in use, so matrix products are slow", file=sys.stderr)
    for epoch in range(wanted.epochs):
        began = time.perf_counter()
        run_epoch(net, adam, x, y, wanted.batch, binarised)
        print(f"epoch {epoch + 1}/{wanted.epochs}  {time.perf_counter() - began:.3f} s", flush=True)
    if wanted.data:
        x, y = images(wanted.data, "t10k")
        with torch.no_grad():
            reconstruction, kl = net.bound(torch.bernoulli(x), y)
        print(f"test elbo {(reconstruction - kl).item() / len(x):.3f}")


main()
