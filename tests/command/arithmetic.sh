#!/bin/sh
# Latent arithmetic on the command line: the vector between two groups, what it is added to, its picture and its numbers,
# and one line for what is wrong, with nothing left behind.
#
#     SOURCE=. VAE=build/vae PYTHON=python3 tests/command/arithmetic.sh
#
# PYTHON has h5py and numpy, which work the figures out again; without it all is skipped. Ends with the line "N passed, N
# failed" (", N skipped") and status 0 or 1.
# Variables that are not set here are those of program.sh.
# shellcheck disable=SC2154
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"
need_python
PYTHONPATH=$source/tests/support PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH PYTHONDONTWRITEBYTECODE

train() { # MODEL ARGUMENT...
    model=$1
    shift
    told 0 'kept' train "$model" --batch 16 --encoder 'dense 12 relu' --decoder 'dense 12 relu' --epochs 2 "$@"
}
train vae --data digits:120 --latent 3 --validation 20 --out vae.h5
train cvae --data digits:120 --latent 2 --out cvae.h5
told 0 '' encode vae.h5 --data digits:120 --split train --out codes.h5
told 0 '' encode cvae.h5 --data digits:120 --split train --out codes-cvae.h5
told 0 '' encode cvae.h5 --data digits:120 --split test --out codes-test.h5

# ---- Digits ----

# Rows of the training split that are 3, 7 or 1, by the classes that encode keeps beside their codes.
told 0 's.png: 4 examples of train, plus the mean of [0-9]+ examples, minus that of [0-9]+ examples' arithmetic cvae.h5 \
    --data digits:120 --split train --plus digit=3 --minus digit=7,1 --to digit=7 --count 4 --scale 0,1,-0.5 --picture s.png \
    --out s.h5
holds 'the vector is the difference of two means' <<'END'
import h5py, numpy as np
from png import png
f, codes = h5py.File("s.h5"), h5py.File("codes-cvae.h5")
mean, digit, row = codes["mean"][:].astype(float), codes["digit"][:], codes["row"][:]
plus, minus = mean[digit == 3].mean(0), mean[(digit == 7) | (digit == 1)].mean(0)
assert abs(f["plus_mean"][:] - plus).max() < 1e-6 and abs(f["minus_mean"][:] - minus).max() < 1e-6
assert abs(f["vector"][:] - (plus - minus)).max() < 1e-6
assert f["plus_count"][0] == (digit == 3).sum() and f["minus_count"][0] == ((digit == 7) | (digit == 1)).sum()
to = np.flatnonzero(digit == 7)[:4]
assert (f["row"][:].reshape(4, 3) == row[to][:, None]).all()
assert (f["scale"][:].reshape(4, 3) == [0, 1, -0.5]).all()
wanted = mean[to][:, None] + np.array([0, 1, -0.5])[:, None] * (plus - minus)
assert abs(f["z"][:].reshape(4, 3, 2) - wanted).max() < 1e-5
assert (f["digit"][:] == 7).all() and f["x"].shape == (12, 28, 28) and (f["x"][:] == f["x_modelled"][:]).all()
assert f.attrs["format"] == b"libvae arithmetic"
picture = png("s.png")
assert picture.shape == (4 * 30 + 2, 3 * 30 + 2)
assert abs(picture[2:30, 32:60] - 255.0 * f["x"][1]).max() <= 1
END

# The first column is the reconstruction; what is decoded elsewhere is the same.
told 0 '' reconstruct cvae.h5 --data digits:120 --split train --out pairs.h5
told 0 '' decode cvae.h5 --latents s.h5:/z --condition digit=7 --out decoded.h5
holds 'the first column is the reconstruction' <<'END'
import h5py, numpy as np
f, pairs = h5py.File("s.h5"), h5py.File("pairs.h5")
places = [list(pairs["row"]).index(row) for row in f["row"][::3]]
assert abs(f["x"][::3] - pairs["reconstruction_units"][:][places]).max() < 1e-5
assert abs(f["x"][:] - h5py.File("decoded.h5")["x"][:]).max() < 1e-5
END

# Rows instead of a group; columns from 0 to 2; the class of the pictures told; groups of the test rows.
told 0 '2 examples of test' arithmetic cvae.h5 --data digits:120 --plus label=3 --minus label=7 --to 5,1 --steps 5 --at digit=4 \
    --out r.h5
holds 'rows and steps' <<'END'
import h5py, numpy as np
f, codes = h5py.File("r.h5"), h5py.File("codes-test.h5")
mean, digit = codes["mean"][:], codes["digit"][:]
assert (f["row"][:] == np.repeat([5, 1], 5)).all() and (f["scale"][:] == np.tile([0, 0.5, 1, 1.5, 2], 2)).all()
assert (f["digit"][:] == 4).all() and f["plus_count"][0] == (digit == 3).sum()
assert (f["z"][::5] == mean[[5, 1]]).all()
assert abs(f["vector"][:] - (mean[digit == 3].mean(0) - mean[digit == 7].mean(0))).max() < 1e-6
END

# The first ones of the split without --to, drawn ones with a seed; the same on any number of threads.
told 0 '' arithmetic vae.h5 --data digits:120 --split train --plus label=3 --minus label=7 --out first.h5 --threads 1
told 0 '' arithmetic vae.h5 --data digits:120 --split train --plus label=3 --minus label=7 --out drawn.h5 --seed 1 --threads 1
told 0 '' arithmetic vae.h5 --data digits:120 --split train --plus label=3 --minus label=7 --out again.h5 --seed 1 --threads 3
told 0 '' arithmetic vae.h5 --data digits:120 --split train --plus label=3 --minus label=7 --out other.h5 --seed 2
same drawn.h5 again.h5 /
holds 'a seed draws rows' <<'END'
import h5py
rows = [list(h5py.File(name + ".h5")["row"][::9]) for name in ("first", "drawn", "other")]
assert rows[0] == list(range(10))
assert rows[1] != rows[0] and rows[1] != rows[2] and rows[1] == sorted(set(rows[1])) and max(rows[1]) < 100
END

# ---- HDF5, with classes that are no conditions ----

"$PYTHON" - <<'END' || exit 1
import h5py, numpy as np
rng = np.random.default_rng(4)
with h5py.File("many.h5", "w") as f:
    f["x"] = rng.normal(size=(90, 5)).astype(np.float32)
    f["kind"] = np.array([b"wet", b"dry", b"R&D"])[np.arange(90) % 3]
    f["meta/night"] = (np.arange(90) // 10 % 2).astype(np.int16) - 1
    f["energy"] = rng.normal(size=90)
END
train vae --data many.h5 --likelihood gaussian --latent 3 --validation 15 --out plain.h5
train vae --data many.h5 --condition kind=class --likelihood gaussian --latent 3 --validation 15 --out kind.h5
for model in plain kind; do
    told 0 '' encode $model.h5 --data many.h5 --split validation --out codes-$model.h5
    told 0 'out.h5: 2 examples of validation' arithmetic $model.h5 --data many.h5 --split validation --plus 'kind=wet, dry & meta/night=-1' \
        --minus 'kind=R\&D' --minus meta/night=0 --to kind=dry --count 2 --scale 1 --out out.h5
    MODEL=$model holds "fields that are no conditions of $model" <<'END'
import os
import h5py, numpy as np
f, codes, data = h5py.File("out.h5"), h5py.File("codes-%s.h5" % os.environ["MODEL"]), h5py.File("many.h5")
row, mean = codes["row"][:], codes["mean"][:].astype(float)
assert (row == np.arange(75, 90)).all()
kind, night = data["kind"][:][row], data["meta/night"][:][row]
plus, minus = (kind != b"R&D") & (night == -1), (kind == b"R&D") & (night == 0)
assert f["plus_count"][0] == plus.sum() > 0 and f["minus_count"][0] == minus.sum() > 0
assert abs(f["vector"][:] - (mean[plus].mean(0) - mean[minus].mean(0))).max() < 1e-6
assert (f["row"][::2] == row[kind == b"dry"][:2]).all() and (f["scale"][:] == [0, 1, 0, 1]).all()
assert abs(f["z"][:] - np.repeat(mean[kind == b"dry"][:2], 2, 0) - np.outer([0, 1, 0, 1], f["vector"][:])).max() < 1e-5
END
done

# A hierarchy's z is that of its first layer.
told 0 'kept' train iwae-2 --batch 16 --data digits:60 --epochs 1 --out iwae-2.h5
told 0 '' encode iwae-2.h5 --data digits:60 --split train --out codes-2.h5
told 0 '' arithmetic iwae-2.h5 --data digits:60 --split train --plus label=3 --minus label=7 --to 0,1 --out h.h5 --picture h.png
holds 'the first layer of a hierarchy' <<'END'
import h5py
assert abs(h5py.File("h.h5")["z"][::9] - h5py.File("codes-2.h5")["mean"][:2]).max() < 1e-5
END

# ---- What is wrong ----

arithmetic='arithmetic vae.h5 --data digits:120 --out no.h5'
# One word an argument.
# shellcheck disable=SC2086
{
    refused 2 'expected --plus GROUP and --minus GROUP, found none' $arithmetic
    refused 2 'expected --plus GROUP and --minus GROUP, found no --minus' $arithmetic --plus label=1
    refused 2 'expected --plus GROUP and --minus GROUP, found no --plus' $arithmetic --minus label=1
    arithmetic="$arithmetic --minus label=1"
    refused 2 '--plus: expected FIELD=LEVEL, found "label"' $arithmetic --plus label
    refused 2 '--plus: digits:120: label: expected one of its levels, found "12"; there are 0, 1, 2' $arithmetic --plus label=12
    refused 2 '--plus: .*expected a field of classes, found "hue"; there are label' $arithmetic --plus hue=1
    refused 2 '--plus: .*expected FIELD=LEVEL, or several with & between' $arithmetic --plus 'label=1&label'
    refused 1 '--plus: .*expected rows of test with label=1&label=2, found none' $arithmetic --plus label=1 --plus label=2
    arithmetic="$arithmetic --plus label=2"
    refused 2 '--to: expected FIELD=LEVEL or rows, found "x"' $arithmetic --to x
    refused 2 '--to: expected rows once, without --count and --seed, found --count' $arithmetic --to 1 --count 2
    refused 2 '--to: expected rows once, without --count and --seed, found --seed' $arithmetic --to 1 --seed 2
    refused 2 '--to: expected rows once, without --count and --seed, found --to' $arithmetic --to 1 --to 2
    refused 2 'to: expected a row of test, which are 20 between 0 and 19, found 99' $arithmetic --to 99
    refused 2 'expected --scale or --steps, found both' $arithmetic --scale 1 --steps 3
    refused 2 '--scale: expected numbers from -1000 to 1000 with commas between, found "x"' $arithmetic --scale 1,x
    refused 2 '--scale: expected numbers from -1000 to 1000 with commas between, found "2000"' $arithmetic --scale 2000
    refused 2 '--scale: expected a number other than 0, found "0,0"' $arithmetic --scale 0,0
    refused 2 '--steps' $arithmetic --steps 1
    refused 2 'expected --picture FILE.png or --out FILE.h5, found none' arithmetic vae.h5 --data digits:120 --plus label=1 --minus label=2
    refused 2 'expected --data SRC, found none' arithmetic vae.h5 --plus label=1 --minus label=2 --out no.h5
    refused 1 'expected libvae arithmetic, found libvae latents' arithmetic vae.h5 --data digits:120 --plus label=1 --minus label=2 \
        --out codes.h5
    refused 1 'nothing' arithmetic plain.h5 --data many.h5 --split train --plus nothing=1 --minus kind=wet --out no.h5
    refused 1 'energy' arithmetic plain.h5 --data many.h5 --split train --plus energy=1 --minus kind=wet --out no.h5
}
told 0 'kept' train doersch-regressor --batch 16 --data digits:60 --epochs 1 --out regressor.h5
refused 2 'expected dimensions of z, found a regression, which has none' arithmetic regressor.h5 --data digits:60 --plus label=1 \
    --minus label=2 --out no.h5
full f.h5 arithmetic vae.h5 --data digits:120 --plus label=1 --minus label=2 --out full/f.h5 --threads 1
told 0 'usage: [a-z]+ arithmetic FILE.h5' arithmetic --help
refused 2 'no such option' arithmetic vae.h5 --colour red
refused 2 'expected FILE.h5, found none' arithmetic

finish
