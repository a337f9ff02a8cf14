#!/bin/sh
# Made tests/golden/format-1.h5 and format-1.txt: a small checkpoint of format version 1 with a class, fitted constants,
# rows held out and a history, and what its model gives. Kept to tell how; not run again: the point of the file is that
# it is old.
#
#     VAE=build/vae PYTHON=/usr/bin/python3 tests/golden/format_1.sh
set -eu
here=$(cd "$(dirname "$0")" && pwd)
VAE=$(realpath "${VAE:?expected VAE=path of the program}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"${PYTHON:=python3}" "$here/format_1.py" data x.npy kind.npy
"$VAE" train cvae --data x.npy --condition kind=class:kind.npy --validation 12 --latent 2 --encoder 'dense 8 tanh' \
    --decoder 'dense 8 relu' --likelihood gaussian --transform standardize --batch 16 --epochs 3 --seed 5 \
    --kernels generic --threads 1 --out format-1.h5
"$VAE" eval format-1.h5 --data x.npy --split validation --seed 7 --kernels generic --json >evaluation.json
"$PYTHON" "$here/format_1.py" figures format-1.h5 evaluation.json >format-1.txt
cp format-1.h5 format-1.txt "$here"
