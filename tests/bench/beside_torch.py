#!/usr/bin/python3
"""`vae bench` and its PyTorch twin in turn, in one go, so that both meet the same machine: medians and their ratio.

    tests/bench/beside_torch.py [--vae PROGRAM] [--data FOLDER] [--batch N] [--rounds N] [--epochs N] [--threads N]
                                [MODEL ...]

Each round runs every MODEL (vae and cvae, if none is named; conv-vae and conv-vae-64 have twins too) by both, an epoch
of warm-up and then --epochs that count.
Without --data, a folder of MNIST's IDX files, libvae trains on `digits` and the twin on random data of their shape.
What PyTorch's BLAS is told by the environment stands: OpenBLAS 0.3.21 picks slow kernels on some processors, where
OPENBLAS_CORETYPE=SkylakeX, or Haswell, makes the twin faster. On a busy machine: `chrt -f 50 beside_torch.py`.

Where python3-torch is not there it says so and has nothing to compare. Not a test.
"""
import argparse
import importlib.util
import json
import os
import re
import statistics
import subprocess
import sys

# Of those that are not of MNIST's shape: the source, and as many random examples for the twin.
SOURCES = {"conv-vae-64": ("shapes:6000", 6000)}
HERE = os.path.dirname(os.path.abspath(__file__))


def run(command):
    """what it printed; the end of all, where it fails"""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"beside_torch.py: {' '.join(command)}: status {done.returncode}")
    return done.stdout


def shared(wanted):
    return ["--batch", str(wanted.batch), "--threads", str(wanted.threads)]


def bench(wanted, model):
    """the report of vae bench"""
    command = [wanted.vae, "bench", model, "--json", "--epochs", str(wanted.epochs)] + shared(wanted)
    source = SOURCES[model][0] if model in SOURCES else wanted.data or "digits"
    return json.loads(run(command + ["--data", source]))


def twin(wanted, model):
    """seconds of the twin's epochs but the first"""
    command = [sys.executable, os.path.join(HERE, "torch_twin.py"), model, "--epochs", str(wanted.epochs + 1)]
    if model in SOURCES:
        command += ["--examples", str(SOURCES[model][1])]
    elif wanted.data:
        command += ["--data", wanted.data]
    said = run(command + shared(wanted))
    return [float(seconds) for seconds in re.findall(r"^epoch .*  ([0-9.]+) s$", said, re.MULTILINE)][1:]


def spread(seconds):
    return f"{statistics.median(seconds):.3f} s ({min(seconds):.3f} to {max(seconds):.3f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", metavar="MODEL", nargs="*")
    parser.add_argument("--vae", metavar="PROGRAM", default="vae")
    parser.add_argument("--data", metavar="FOLDER")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    wanted = parser.parse_args()
    if not importlib.util.find_spec("torch"):
        print(f"skipped  no python3-torch for {sys.executable}")
        return
    models = wanted.models or ["vae", "cvae"]
    ours, theirs, reports = ({model: [] for model in models} for _ in range(3))
    for round_number in range(wanted.rounds):
        for model in models:
            report = bench(wanted, model)
            reports[model].append(report)
            ours[model] += report["epochs"]
            theirs[model] += twin(wanted, model)
            print(f"round {round_number + 1}/{wanted.rounds}  {model}  libvae {report['seconds']:.3f} s, "
                  f"{100 * report['of_limit']:.1f} % of the limit; "
                  f"PyTorch {statistics.median(theirs[model][-wanted.epochs:]):.3f} s", file=sys.stderr, flush=True)
    for model in models:
        of_limit = statistics.median(report["of_limit"] for report in reports[model])
        ratio = statistics.median(theirs[model]) / statistics.median(ours[model])
        print(f"{model}, batch {wanted.batch}, {wanted.threads} threads, {wanted.rounds} × {wanted.epochs} epochs, "
              f"{reports[model][0]['kernels']}")
        print(f"    libvae   {spread(ours[model])}, {100 * of_limit:.1f} % of the limit")
        print(f"    PyTorch  {spread(theirs[model])}")
        print(f"    ratio    {ratio:.2f}")


main()
