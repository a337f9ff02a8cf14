#!/bin/sh
# vae complete: what is given, samples, an answer and the truth, as a picture and as numbers; and one line for what is
# wrong, with nothing left behind.
#
#     SOURCE=. VAE=build/vae PYTHON=python3 tests/command/complete.sh
#
# PYTHON has h5py and numpy, which make and read the files; without it all is skipped. Ends with the line
# "N passed, N failed" (", N skipped") and status 0 or 1.
# Variables that are not set here are those of program.sh.
# shellcheck disable=SC2154
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"
need_python

PYTHONPATH=$work:$source/tests/support PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH PYTHONDONTWRITEBYTECODE
cat >look.py <<'END'
import h5py
import numpy as np
from png import png

def images(path, rows, columns, apart, height=28, width=28):
    """The images of a grid: borders of 2, of 8 before the columns that stand apart."""
    found, out = png(path), []
    assert found.shape == ((height + 2) * rows + 2, (width + 2) * columns + 2 + 6 * len(apart)), found.shape
    for r in range(rows):
        for c in range(columns):
            x = (width + 2) * c + 2 + 6 * sum(c >= a for a in apart)
            out.append(found[(height + 2) * r + 2:(height + 2) * (r + 1), x:x + width])
    return np.array(out).reshape(rows, columns, height, width)

def near(grey, values):
    return abs(grey - 255 * np.asarray(values, float)).max() <= 1

# Rows with gaps, an image of each, and a class with names.
def make():
    rng = np.random.default_rng(1)
    x = rng.normal(5, 2, (60, 6, 5)).astype(np.float32)
    x[rng.random(x.shape) < 0.1] = np.nan
    with h5py.File("views.h5", "w") as f:
        f["x"], f["view"] = x, rng.integers(0, 256, (60, 3, 4)).astype(np.uint8)
        f["run"] = np.array(["a", "b", "c"], "S1")[np.arange(60) % 3]
END
"$PYTHON" -c 'from look import *; make()' || exit 1

train() { # MODEL ARGUMENT...
    told 0 'kept' train "$@" --epochs 1 --batch 16
}
train vae --data digits:120 --latent 3 --encoder 'dense 9 relu' --decoder 'dense 9 relu' --seen 'columns 14 14' --out part.h5
train doersch-regressor --data digits:120 --out answer.h5
train sohn-baseline --data digits:120 --out quadrant.h5
train cvae --data digits:120 --latent 2 --encoder 'dense 9 relu' --decoder 'dense 9 relu' --out cvae.h5
train vae --data digits:120 --latent 2 --encoder '' --decoder '' --out plain.h5
train vae --data views.h5 --test 20 --condition view=image --condition run=class --missing mask --likelihood gaussian \
    --seen 'rows 0 2' --latent 2 --encoder 'dense 9 relu' --decoder 'dense 9 relu' --out views-model.h5

# ---- A part of x ----

told 0 'c.png: 3 rows of test, 4 samples of each by vae, an answer by doersch-regressor' complete part.h5 --data digits:120 \
    --regressor answer.h5 --count 3 --samples 4 --picture c.png --out c.h5
told 0 'd.h5: 20 rows of test, 11 samples' complete part.h5 --data digits:120 --count 20 --samples 11 --threads 2 --out d.h5
told 0 'r.h5: 2 rows of test, 8 samples of each by vae$' complete part.h5 --data digits:120 --rows 17,2 --out r.h5
told 0 '8 rows of train, 8 samples' complete part.h5 --data digits:120 --split train --draw --seed 4 --picture t.png --out t.h5
holds 'what is seen stays; samples are of their row and number' <<'END'
from look import *
c, d, r, t = (h5py.File(name + ".h5") for name in "cdrt")
assert sorted(c) == ["answer", "answer_units", "given", "mask", "row", "samples", "samples_units", "seen", "truth", "z"], list(c)
assert c.attrs["format"] == b"libvae completions" and c.attrs["split"] == b"test"
assert c["samples"].shape == (3, 4, 28, 28) and c["z"].shape == (3, 4, 3) and c["answer"].shape == (3, 28, 28)
seen = np.arange(28) == 14
assert (c["mask"][:] == seen).all()
assert (c["given"][:] == c["truth"][:] * seen).all() and c["given"][:].any()
assert (c["samples"][:][..., seen] == c["truth"][:][:, None][..., seen]).all()
assert (c["answer"][:][..., seen] == c["truth"][:][..., seen]).all()
assert ((0 < c["answer"][:][..., ~seen]) & (c["answer"][:][..., ~seen] < 1)).all()
for name in "samples", "z", "samples_units":
    assert (c[name][:] == d[name][:3, :4]).all() and (r[name][:] == d[name][:][[17, 2], :8]).all(), name
assert list(r["row"][:]) == [17, 2] and "answer" not in r
assert set(np.unique(t["samples"])) == {0, 1}
grid = images("c.png", 3, 7, (1, 5, 6))
assert near(grid[:, 0], np.where(seen, c["truth"], 0.5))
assert near(grid[:, 1:5], c["samples"]) and near(grid[:, 5], c["answer"]) and near(grid[:, 6], c["truth"])
assert near(images("t.png", 8, 10, (1, 9))[:, 1:9], t["samples"])
END

# A regression's one answer, and draws of it.
told 0 'a.png: 3 rows of test, 1 sample of each by doersch-regressor' complete answer.h5 --data digits:120 --count 3 \
    --picture a.png --out a.h5
told 0 '8 samples of each' complete answer.h5 --data digits:120 --count 3 --draw --out ad.h5
holds 'a regression has one answer' <<'END'
from look import *
a, c, drawn = h5py.File("a.h5"), h5py.File("c.h5"), h5py.File("ad.h5")
assert "z" not in a and a["samples"].shape == (3, 1, 28, 28)
assert (a["samples"][:, 0] == c["answer"][:]).all()
assert near(images("a.png", 3, 3, (1, 2))[:, 1], a["samples"][:, 0])
assert drawn["samples"].shape == (3, 8, 28, 28) and set(np.unique(drawn["samples"])) == {0, 1}
END

# ---- Fields of their own ----

told 0 '20 rows of test, 2 samples of each by cvae' complete cvae.h5 --data digits:120 --count 20 --samples 2 --seed 3 \
    --picture k.png --out k.h5
told 0 '' sample cvae.h5 --count 20 --seed 3 --out s.h5
holds 'the first sample of a row is its column among samples of the prior' <<'END'
from look import *
k, s = h5py.File("k.h5"), h5py.File("s.h5")
assert sorted(k) == ["digit", "row", "samples", "samples_units", "truth", "z"], list(k)
at = k["digit"][:] * 20 + k["row"][:]
assert abs(k["z"][:, 0] - s["z"][:][at]).max() < 1e-6
assert abs(k["samples"][:, 0] - s["x"][:][at]).max() < 1e-5
assert abs(k["z"][:, 1] - k["z"][:, 0]).min() > 0
assert near(images("k.png", 20, 3, (2,))[:, :2], k["samples"])
END

told 0 'black is ' complete views-model.h5 --data views.h5 --count 20 --samples 3 --picture v.png --out v.h5
holds 'images, classes and a part of x with gaps are given together' <<'END'
from look import *
v, data = h5py.File("v.h5"), h5py.File("views.h5")
row, rows = v["row"][:], 20
x = data["x"][:][row].astype(float)
assert list(row) == list(range(40, 60)) and v["samples"].shape == (rows, 3, 6, 5)
assert (v["observed"][:] == np.isfinite(x)).all() and not v["observed"][:].all()
top = np.arange(6)[:, None] < 3
assert (v["mask"][:] == (np.isfinite(x) & top)).all()
assert (v["view"][:] == data["view"][:][row]).all() and list(v["run"][:]) == list(data["run"][:][row])
given = v["mask"][:][:, None].repeat(3, 1) == 1
assert abs(v["samples_units"][:][given] - x[:, None].repeat(3, 1)[given]).max() < 1e-5
assert (v["samples"][:] == np.where(given, v["truth"][:][:, None], v["samples"][:])).all()
grid = images("v.png", rows, 5, (1, 4), 6, 5)
assert (grid[:, 0][v["mask"][:] == 0] == 128).all() and (grid[:, 4][v["observed"][:] == 0] == 128).all()
END

# ---- Refused ----

refused 2 'expected --data SRC, found none' complete part.h5 --picture out.png
refused 2 'expected --picture FILE.png or --out FILE.h5, found none' complete part.h5 --data digits:120
refused 2 'expected --count or --rows, found both' complete part.h5 --data digits:120 --count 2 --rows 1 --picture out.png
refused 2 '--rows: expected whole numbers from 0 with commas between, found "x"' complete part.h5 --data digits:120 \
    --rows 1,x --picture out.png
refused 2 'rows: expected a row of test, which are 20 between 0 and 19, found 20' complete part.h5 --data digits:120 \
    --rows 1,20 --picture out.png
refused 2 '--picture: expected a name that ends in .png, found "out.h5"' complete part.h5 --data digits:120 --picture out.h5
refused 2 'vae: expected a model with conditions, which data could give, found none' complete plain.h5 --data digits:120 \
    --picture out.png
refused 2 'expected a regression .objective "none"., found cvae' complete part.h5 --data digits:120 --regressor cvae.h5 \
    --picture out.png
refused 2 'expected the part of x that vae has, "columns 14 14", found "quadrants 1"' complete part.h5 --data digits:120 \
    --regressor quadrant.h5 --picture out.png
refused 1 'none.h5: cannot open' complete part.h5 --data digits:120 --regressor none.h5 --picture out.png
refused 2 'expected 1 sample of a regression, which has one answer unless x is drawn, found 3' complete answer.h5 \
    --data digits:120 --samples 3 --picture out.png
# Asked before there is room for 126 GB of samples.
refused 2 'sides of at most 1000000 pixels' complete part.h5 --data digits:120 --count 20 --samples 1000000 \
    --picture out.png
refused 1 'validation' complete part.h5 --data digits:120 --split validation --picture out.png
refused 1 'shape' complete part.h5 --data views.h5 --picture out.png
refused 1 'complete takes it from data' sample part.h5 --out out.png
refused 2 'complete takes one from data' sample part.h5 --condition seen=1 --out out.png
refused 1 'found a libvae checkpoint' complete part.h5 --data digits:120 --out part.h5
refused 1 'expected libvae completions, found libvae samples' complete part.h5 --data digits:120 --out s.h5
refused 1 'missing: No such file' complete part.h5 --data digits:120 --picture missing/out.png
cp r.h5 r-before.h5
told 0 '' complete part.h5 --data digits:120 --rows 17,2 --out r.h5
same r.h5 r-before.h5 /
told 0 'usage: [a-z]+ complete FILE.h5' complete --help
refused 2 'no such option' complete part.h5 --colour red

finish
