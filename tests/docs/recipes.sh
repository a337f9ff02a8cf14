#!/bin/sh
# The recipes of docs/file-layout.md: what it shows of h5dump, h5py and Octave is run as it stands there.
#
#     SOURCE=. BUILD=build PYTHON=/usr/bin/python3 tests/docs/recipes.sh
#
# What is not installed is skipped with a word. Ends with "N passed, N failed" (", N skipped") and status 0 or 1.
# Variables that are not set here are those of installed.sh.
# shellcheck disable=SC2154
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/installed.sh"

run_page docs/file-layout.md
run 'elbo.txt: a number an epoch' test "$(grep -c '[0-9]' elbo.txt)" = 3
run 'weight.f32: 500 × 20 numbers' test "$(wc -c <weight.f32)" = 40000
run 'the compressed one loads' vae info smaller.h5

# The recipes are seen to fail: with another weight, encodings differ.
if [ -n "${PYTHON-}" ]; then
    "$PYTHON" -c 'import h5py; h5py.File("cvae.h5", "r+")["parameters/encoder/mean/bias"][3] = 9'
    blocks "$source/docs/file-layout.md" python | awk '$0 == "####" { n++; next } n == 2' >encoding.py
    run 'the encoding of another weight differs' test "$("$PYTHON" encoding.py >stdout 2>&1 || echo differs)" = differs
fi

finish
