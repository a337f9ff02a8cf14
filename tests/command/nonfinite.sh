#!/bin/sh
# Numbers that are not finite, on the command line: where training stops the message names them and the checkpoint stays;
# where it goes on, steps are counted.
#
#     SOURCE=. VAE=build/vae PYTHON=python3 tests/command/nonfinite.sh
#
# PYTHON has h5py and numpy, which make the files; without it all is skipped. Ends with the line "N passed, N failed"
# (", N skipped") and status 0 or 1.
# Variables that are not set here are those of program.sh.
# shellcheck disable=SC2154
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"
need_python

# Row 123 has a value whose square no float32 holds; everything else is tame.
"$PYTHON" - <<'END' || exit 1
import h5py, numpy as np
x = np.random.default_rng(1).random((300, 6), dtype=np.float32)
with h5py.File("tame.h5", "w") as f:
    f["x"] = x
x[123, 4] = 1e25
with h5py.File("wild.h5", "w") as f:
    f["x"] = x
END

train() {
    out=$1
    shift
    vae train vae --likelihood "gaussian sigma=1" --encoder "dense 8 relu" --decoder "dense 8 relu" --latent 2 --batch 50 \
        --epochs 2 --seed 4 --out "$out" "$@"
}

train stop.h5 --data wild.h5
check 'it stops with status 1' [ "$found" = 1 ]
check 'it says so on one line' [ "$(wc -l <stderr)" = 1 ]
check 'epoch, step, node and row' grep -Eq \
    '^vae train: vae: epoch 1, step [1-6]: loglik_gaussian is -inf, for row 123 of the data; parameters are those' stderr
check 'and no checkpoint comes of it' [ ! -e stop.h5 ]

train skip.h5 --data wild.h5 --on-nonfinite skip
check 'or it goes on' [ "$found" = 0 ]
check 'a line for each step that is skipped' [ "$(grep -c 'for row 123 of the data; .*; skipped$' stderr)" = 2 ]
check 'a count for each epoch' [ "$(grep -c '^epoch ./2 .* 1 skipped ' stdout)" = 2 ]
check 'which the history keeps' "$PYTHON" -c '
import h5py
f = h5py.File("skip.h5")
assert list(f["history/train/skipped"]) == [1, 1], list(f["history/train/skipped"])
assert f["training"].attrs["skipped"] == 2 and f["training"].attrs["step"] == 12 and f["optimizer"].attrs["step"] == 10'

train sound.h5 --data tame.h5
check 'of what is tame none is skipped' "$PYTHON" -c '
import h5py
assert list(h5py.File("sound.h5")["history/train/skipped"]) == [0, 0]'

# A weight that is not finite, with the right checksum: verify finds it, and training names it.
cp sound.h5 spoiled.h5
"$PYTHON" - <<'END' || exit 1
import h5py, numpy as np, zlib
with h5py.File("spoiled.h5", "r+") as f:
    weight = f["parameters/decoder/0/weight"]
    values = weight[:]
    values[1, 2] = np.nan
    weight[:] = values
    weight.attrs.modify("crc32", np.uint32(zlib.crc32(values.tobytes())))
END
vae train --resume spoiled.h5 --epochs 3
check 'a spoiled weight is named' grep -q 'decoder/0/weight' stderr
check 'with status 1' [ "$found" = 1 ]

vae train vae --data tame.h5 --out x.h5 --on-nonfinite ignore
check 'a word that is none is wrong usage' [ "$found" = 2 ]
check 'and told' grep -q 'on-nonfinite: expected stop or skip, found "ignore"' stderr

finish
