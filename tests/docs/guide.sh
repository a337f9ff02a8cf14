#!/bin/sh
# docs/guide.md: every block of it is run as it stands there, on fewer digits; and the programs that it prints.
#
#     SOURCE=. BUILD=build PYTHON=/usr/bin/python3 tests/docs/guide.sh
#
# Ends with "N passed, N failed" (", N skipped") and status 0 or 1.
# Variables that are not set here are those of installed.sh.
# shellcheck disable=SC2154
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/installed.sh"

prints docs/guide.md docs/examples/encode.c
prints docs/guide.md docs/examples/decode.cpp
prints docs/guide.md docs/examples/given.c
blocks "$source/docs/guide.md" c | awk '/vae.vae.h/ && !n++ { mine = 1 } $0 == "####" { mine = 0 } mine' >block
sed '1,/clang-format off/d' "$source/tests/consumer/my_cvae.c" >program
run 'docs/guide.md prints my_cvae.c' cmp program block

if [ -z "${PYTHON-}" ]; then
    skip 'docs/guide.md: no python with h5py, which makes its data'
    finish
fi
cp "$source"/docs/examples/encode.c "$source"/docs/examples/decode.cpp "$source"/docs/examples/given.c \
    "$source/tests/consumer/my_cvae.c" .
run_page docs/guide.md 's/--data digits /--data digits:600 /'

# What the page says that one sees.
run 'suggestion' vae data instrument.h5 --x /detector/frames
shows 'suggestion' '^suggested for x: likelihood poisson, transform "raw" \(whole numbers from 0: counts\)$'
run 'models' vae models
shows 'models' '^vae '
shows 'models' '^cvae '
refuses 'a wrong word' 'vae: encoder: layer 2: "dens": no such layer; there are dense, conv' \
    vae train vae --data digits:60 --encoder 'dense 5, dens 3' --out w.h5
# The variant for these data that docs/your-own.md has.
cp "$source/docs/examples/my_variant.c" .
# What pkg-config prints is several words.
# shellcheck disable=SC2046
run 'my_variant' cc my_variant.c $(pkg-config --cflags --libs libvae) -o my_variant
run 'frames' ./my_variant train frames --data instrument.h5 --x /detector/frames --condition energy=values:/meta/energy \
    --condition run=class:/meta/run --epochs 1 --out f.h5
run 'frames: info' vae info f.h5
shows 'frames: info' 'missing +65535, masked'
run 'frames: encode' ./encode f.h5
for picture in frames.png energies.png samples.png sevens.png calm.png completions.png; do
    run "$picture" grep -aq PNG $picture
done

finish
