#!/bin/sh
# vae forecast: distances and modes covered, again by numpy from what complete writes; curves, arrows and frames; and one
# line for what is wrong, with nothing left behind.
#
#     SOURCE=. VAE=build/vae PYTHON=python3 tests/command/forecast.sh
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
import re
import xml.dom.minidom
import h5py
import numpy as np
from png import png

STEPS, SIDE, CELLS, ROWS, MODES = 3, 12, 4, 60, 3
SIZE = CELLS * CELLS * 2 * STEPS

# One cell moves one way or the other, which the still does not tell; other rows have none, one or three such futures.
def make():
    rng = np.random.default_rng(2)
    still = np.zeros((ROWS, SIDE, SIDE), np.uint8)
    x = np.zeros((ROWS, CELLS, CELLS, STEPS, 2))
    modes = np.full((ROWS, MODES, CELLS, CELLS, STEPS, 2), np.nan)
    modes[:, :2] = 0
    for row in range(ROWS):
        r, c = rng.integers(0, 2, 2)
        still[row, 3 * r:3 * r + 3, 3 * c:3 * c + 3] = 195 + row
        for k in range(2):
            modes[row, k, r, c, :, row % 2] = (1 - 2 * k) * 1.6 * np.arange(1, STEPS + 1)
        x[row] = modes[row, rng.integers(0, 2)] * rng.uniform(0.8, 1.2)
    modes[41, 1] = np.nan
    modes[42, 2] = 5
    modes[43, :2] = np.nan
    x += rng.uniform(-0.05, 0.05, x.shape)
    x = x.reshape(ROWS, CELLS, CELLS, 2 * STEPS).astype(np.float32)
    x[52, 1, 2, 3] = x[51, 0, 0] = np.nan
    with h5py.File("moving.h5", "w") as f:
        f["x"], f["still"] = x, still
        f["color"] = rng.uniform(-1, 3, (ROWS, SIDE, SIDE, 3)).astype(np.float32)
        f["truth/modes"] = modes.reshape(ROWS, -1).astype(np.float32)
        f["frames"] = rng.integers(0, 256, (ROWS, STEPS * SIDE, SIDE)).astype(np.uint8)
        f["run"], f["short"] = np.arange(ROWS) % 2, np.zeros((ROWS, 5))
        f["flat"] = x.reshape(ROWS, -1)

def distance(a, b, observed):
    return np.sqrt(np.where(observed, (a - b) ** 2, 0).sum(-1) / observed.sum())

def near(x, modes, observed):
    """How many modes there are; the mode that each x is near, or -1; and how far the nearest is."""
    there = [k for k in range(MODES) if not np.isnan(modes[k]).all()]
    away = {k: distance(x, modes[k], observed) for k in there}
    found = np.full(len(x), -1)
    for k in there if len(there) > 1 else []:
        found[away[k] < min(distance(modes[j], modes[k], observed) for j in there if j != k) / 2] = k
    return len(there), found, np.min(list(away.values()), 0) if there else np.full(len(x), np.nan)

def same(a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    return a.shape == b.shape and np.allclose(a, b, rtol=0, atol=1e-9, equal_nan=True)

def mean(values):
    return np.mean(values, 0), np.std(values, 0, ddof=1) / np.sqrt(len(values))

def path_of(x, r, c):
    """Of the cells whose points lie around a pixel the trajectory that goes farthest, the first of them."""
    at = [int(np.floor((v + 0.5) * CELLS / SIDE - 0.5)) for v in (r, c)]
    around = [(at[0] + i, at[1] + k) for i in (0, 1) for k in (0, 1)]
    return max((x[i, k] for i, k in around if 0 <= i < CELLS and 0 <= k < CELLS), key=lambda path: sum(path[-1] ** 2))

def moved(still, x, step):
    """The still with its moving cells' pixels where they are at a step."""
    x = x.reshape(CELLS, CELLS, STEPS, 2)
    image = still.copy()
    pixels = [(r, c, path_of(x, r, c)) for r in range(SIDE) for c in range(SIDE)]
    pixels = [p for p in pixels if np.hypot(*p[2][-1]) > 0.5]
    for r, c, _ in pixels:
        image[r, c] = 0
    for r, c, path in pixels:
        right, down = np.trunc(path[step] + np.copysign(0.5, path[step]))
        if still[r, c] > 0 and 0 <= c + right < SIDE and 0 <= r + down < SIDE:
            image[int(r + down), int(c + right)] = still[r, c]
    return image

def strip(path, rows):
    """Images of a grid with borders of 2, (rows, 1 + steps)."""
    found = png(path)
    assert found.shape == (14 * rows + 2, 14 * (1 + STEPS) + 2), found.shape
    return np.array([[found[14 * r + 2:14 * r + 14, 14 * c + 2:14 * c + 14] for c in range(1 + STEPS)]
                     for r in range(rows)])
END
"$PYTHON" -c 'from look import *; make()' || exit 1

train() { # ARGUMENT...
    told 0 'kept' train vae --data moving.h5 --test 20 --missing mask --transform standardize \
        --likelihood 'gaussian sigma=0.3' --batch 8 --decoder 'dense 40 relu' "$@"
}
train --condition still=image --latent 3 --encoder 'dense 40 relu' --epochs 60 --out m.h5
train --condition still=image --objective none --encoder '' --epochs 30 --out answer.h5
train --condition color=image --latent 2 --encoder 'dense 9 relu' --epochs 1 --out color.h5
train --condition run=class --latent 2 --encoder 'dense 9 relu' --epochs 1 --out plain.h5
train --x flat --condition still=image --latent 2 --encoder 'dense 9 relu' --epochs 1 --out flat.h5

# ---- Figures ----

# forecast WORDS ARGUMENT...: by the model, with its modes.
forecast() {
    expected=$1
    shift
    told 0 "$expected" forecast m.h5 --data moving.h5 --modes truth/modes "$@"
}
forecast 'test, 20 rows, 30 samples of each by vae, an answer by vae' --samples 30 --regressor answer.h5 --out f.h5
does complete m.h5 --data moving.h5 --count 20 --samples 30 --regressor answer.h5 --out c.h5
holds 'every figure is what numpy makes of the samples of complete' <<'END'
from look import *
f, c, data = h5py.File("f.h5"), h5py.File("c.h5"), h5py.File("moving.h5")
assert f.attrs["format"] == b"libvae forecast" and f.attrs["split"] == b"test"
row, flat = f["row"][:], lambda name: c[name][:].astype(float).reshape(20, -1, SIZE)
assert list(row) == list(range(40, 60)) == list(c["row"][:])
x = data["x"][:][row].astype(float).reshape(20, SIZE)
modes = data["truth/modes"][:][row].astype(float).reshape(20, MODES, SIZE)
samples, answers = flat("samples_units"), flat("answer_units")
least, coverage, nears, nearest, uneven, answer, covers, truths = [], [], [], [], [], [], [], []
for i in range(20):
    observed = ~np.isnan(x[i])
    assert f["values"][i] == observed.sum()
    away = distance(samples[i], x[i], observed)
    assert same(away, f["distance"][i])
    assert same(distance(answers[i], x[i], observed)[0], f["answer_distance"][i])
    least.append(np.minimum.accumulate(away))
    count, mode, far = near(samples[i], modes[i], observed)
    assert count == f["modes"][i] and (mode == f["mode"][i]).all() and same(far, f["mode_distance"][i]), i
    _, truth, truth_far = near(x[i:i + 1], modes[i], observed)
    assert truth == f["truth_mode"][i] and same(truth_far[0], f["truth_mode_distance"][i])
    _, other, other_far = near(answers[i], modes[i], observed)
    assert other == f["answer_mode"][i] and same(other_far[0], f["answer_mode_distance"][i])
    if count < 2:
        continue
    met = np.array([mode == k for k in range(MODES) if not np.isnan(modes[i, k]).all()])
    coverage.append(np.maximum.accumulate(met, 1).mean(0))
    nears.append(met.any(0).mean())
    nearest.append(far.mean())
    truths.append(truth[0] >= 0)
    answer.append(other[0] >= 0)
    covers.append((other[0] >= 0) / count)
    if met.any():
        uneven.append(abs(met.sum(1) / met.sum() - 1 / count).sum() / 2)
assert list(f["modes"][:]) == [2, 1, 3, 0] + [2] * 16 and len(coverage) == 18
assert f["curves/n"][:].tolist() == list(range(1, 31))
for name, found in ("curves/distance", least), ("curves/coverage", coverage):
    assert same(mean(found)[0], f[name][:]) and same(mean(found)[1], f[name + "_error"][:]), name
for name, found in (("near", nears), ("nearest", nearest), ("uneven", uneven), ("answer_near", answer),
                    ("answer_covers", covers), ("truth_near", truths), ("answer", f["answer_distance"][:])):
    assert same(mean(found)[0], f["means/" + name][0]) and same(mean(found)[1], f["means/" + name + "_error"][0]), name
# It has learned something: samples are of both modes.
reached = np.mean(coverage, 0)[-1], np.mean(truths)
assert reached[0] > 0.6 and reached[1] > 0.7, reached
END
forecast '' --samples 30 --regressor answer.h5 --threads 1 --out again.h5
same f.h5 again.h5 /

forecast '' --samples 30 --regressor answer.h5 --json
cp stdout found.json
holds 'JSON has the same figures' <<'END'
from look import *
import json
found, f = json.load(open("found.json")), h5py.File("f.h5")
assert list(found) == ("split rows samples modelled regressor rows_of_modes estimates answer answer_error near near_error "
    "nearest nearest_error uneven uneven_error answer_near answer_near_error answer_covers answer_covers_error "
    "answer_nearest answer_nearest_error truth_near truth_near_error truth_nearest truth_nearest_error").split(), list(found)
assert (found["split"], found["rows"], found["samples"], found["rows_of_modes"]) == ("test", 20, 30, 18)
assert [e["n"] for e in found["estimates"]] == [1, 2, 5, 10, 20, 30]
for estimate in found["estimates"]:
    for name in "distance", "distance_error", "coverage", "coverage_error":
        assert same(estimate[name], f["curves/" + name][estimate["n"] - 1]), name
for name in list(f["means"]):
    assert same(found[name], f["means/" + name][0]), name
END

# The text: a line for each number of samples, with the regressor's and the coverage where they are asked for.
forecast '^ +20  +[0-9]\.[0-9]{4} ± 0\.[0-9]{4}  +[0-9]\.[0-9]{4} ± 0\.[0-9]{4}  +[01]\.[0-9]{4} ± 0\.[0-9]{4}$' \
    --samples 20 --regressor answer.h5
forecast 'truth +near one: 0\.0000' --samples 3 --radius 0.001
forecast 'modes +of 1 row that has two or more' --samples 3 --rows 44
told 0 '^ +1  +[0-9]\.[0-9]{4} ± 0\.[0-9]{4}$' forecast answer.h5 --data moving.h5
told 0 '2 rows, 100 samples of each by vae$' forecast plain.h5 --data moving.h5 --count 2 --draw --seed 3
told 0 '5 rows, 4 samples' forecast flat.h5 --data moving.h5 --count 5 --samples 4

# ---- Curves ----

forecast 'curve.svg: distance by samples' --samples 30 --regressor answer.h5 --curves curve.svg --coverage cover.svg
holds 'curves of both' <<'END'
from look import *
for path, label in ("curve.svg", "least distance from the truth"), ("cover.svg", "share of modes covered"):
    texts = [t.firstChild.data for t in xml.dom.minidom.parse(path).getElementsByTagName("text")]
    assert {"vae", "regression", "samples of a row", label} <= set(texts), texts
END

# ---- Arrows ----

forecast 'p.svg: arrows' --samples 30 --regressor answer.h5 --rows 50,44 --clusters 3 --picture p.svg
holds 'arrows of the truth begin at the cells and go as it does; shares add up' <<'END'
from look import *
document, x = xml.dom.minidom.parse("p.svg"), h5py.File("moving.h5")["x"][:].astype(float)
texts = [t.firstChild.data for t in document.getElementsByTagName("text")]
first, second = texts[:texts.index("row 44: truth")], texts[texts.index("row 44: truth"):]
assert first[:2] == ["row 50: truth", "regression"] and second[1] == "regression", texts
for row in first, second:
    shares = [int(re.fullmatch(r"(\d+) %", t).group(1)) for t in row[2:]]
    assert 1 < len(shares) <= 3 and 98 <= sum(shares) <= 102 and shares == sorted(shares, reverse=True), texts
assert len(document.getElementsByTagName("use")) == len(texts) - 2
truths = [g for g in document.getElementsByTagName("g") if g.getAttribute("stroke") == "#000000"]
assert len(truths) == 2
for group, row, top in zip(truths, (50, 44), (28, 28 + 160 + 24 + 28)):
    paths = [re.findall(r"-?[\d.]+", p.getAttribute("d")) for p in group.getElementsByTagName("path")]
    found = [np.array(p, float).reshape(-1, 2) for p in paths]
    cells = [(r, c) for r in range(CELLS) for c in range(CELLS) if np.hypot(*x[row, r, c, -2:]) > 0.5]
    assert len(found) == 2 * len(cells) > 0
    for (r, c), line, head in zip(cells, found[::2], found[1::2]):
        begin = np.array([28 + (c + 0.5) * 40, top + (r + 0.5) * 40])
        wanted = np.vstack([begin, begin + x[row, r, c].reshape(STEPS, 2) * 160 / SIDE])
        assert abs(line - wanted).max() < 0.011, (line, wanted)
        assert abs(head[1] - wanted[-1]).max() < 0.011 and len(head) == 3
        # Strokes of a head go back.
        assert all((stroke - wanted[-1]) @ (wanted[-1] - wanted[-2]) < 0 for stroke in head[::2])
END
# A still in colours, whose values are shaded between the least and the greatest; the first four rows.
told 0 'p2.svg: arrows' forecast color.h5 --data moving.h5 --samples 5 --picture p2.svg
holds 'a still in colours' <<'END'
from look import *
document, color = xml.dom.minidom.parse("p2.svg"), h5py.File("moving.h5")["color"][40:44].astype(float)
stills = [g for g in document.getElementsByTagName("g") if g.getAttribute("id").startswith("still")]
assert len(stills) == 4
pixels = np.rint(255 * (color - color.min()) / (color.max() - color.min())).astype(int)
for still, image in zip(stills, pixels):
    fills = [g.getAttribute("fill") for g in still.getElementsByTagName("g")]
    ground, rest = fills[0], ["#%02x%02x%02x" % tuple(p) for p in image.reshape(-1, 3)]
    assert fills == [ground] + [p for p in rest if p != ground], fills[:3]
END

# ---- Frames ----

forecast 'w.png: next frames' --samples 30 --rows 50,44,45 --clusters 1 --frames w.png
forecast 't.png: next frames' --samples 30 --rows 44 --clusters 1 --frames t.png --frames-field frames
does complete m.h5 --data moving.h5 --rows 50,44,45 --samples 30 --out k.h5
holds 'stills move along trajectories; frames of the data are as they are' <<'END'
from look import *
data, k, found = h5py.File("moving.h5"), h5py.File("k.h5"), strip("w.png", 6)
for i, row in enumerate(k["row"][:]):
    still = data["still"][row].astype(int)
    futures = data["x"][row].astype(float), k["samples_units"][i].astype(float).mean(0)
    for f, future in enumerate(futures):
        assert (found[2 * i + f, 0] == still).all()
        for step in range(STEPS):
            assert (found[2 * i + f, 1 + step] == moved(still, future, step)).all(), (row, f, step)
assert (found[0, 3] != found[0, 0]).any()
shown = strip("t.png", 2)
assert (shown[0, 1:].reshape(-1, SIDE) == data["frames"][44]).all() and (shown[1] == found[3]).all()
END

# ---- The built-in data and variants ----

does train future-cvae --data motion:60 --epochs 1 --batch 20 --out future.h5
does train future-regressor --data motion:60 --epochs 1 --batch 20 --out regressor.h5
told 0 '10 rows, 20 samples of each by future-cvae, an answer by future-regressor' forecast future.h5 \
    --data motion:60 --regressor regressor.h5 --modes modes --radius 0.25 --samples 20 \
    --clusters 2 --picture b.svg --frames b.png --frames-field frames --out b.h5
holds 'the modes of motion are known, and its truth is near the one that came true' <<'END'
from look import *
b = h5py.File("b.h5")
assert b["truth_mode_distance"][:].max() < 0.5 and set(b["modes"][:]) <= {2, 4, 8}
END

# ---- Refused ----

refused 2 'expected --data SRC, found none' forecast m.h5
refused 2 'expected --count or --rows, found both' forecast m.h5 --data moving.h5 --count 2 --rows 41
refused 2 '--coverage: expected --modes FIELD beside it, found none' forecast m.h5 --data moving.h5 --coverage out.svg
refused 2 '--radius: expected --modes FIELD beside it, found none' forecast m.h5 --data moving.h5 --radius 0.2
refused 2 '--radius: expected a number from 0.001 to 0.5, found "0.6"' forecast m.h5 --data moving.h5 --modes truth/modes \
    --radius 0.6
refused 2 '--clusters: expected --picture FILE.svg or --frames FILE.png beside it, found neither' forecast m.h5 \
    --data moving.h5 --clusters 2
refused 2 '--frames-field: expected --frames FILE.png beside it, found none' forecast m.h5 --data moving.h5 \
    --frames-field frames
refused 2 '--picture: expected a name that ends in .svg, found "out.png"' forecast m.h5 --data moving.h5 --picture out.png
refused 2 '--out: expected a name that ends in .h5 or .hdf5, found "out.svg"' forecast m.h5 --data moving.h5 --out out.svg
refused 2 '--picture: expected another file than that of --curves, found "out.svg"' forecast m.h5 --data moving.h5 \
    --curves out.svg --picture out.svg
refused 2 'rows: expected a row of test, which are 20 between 40 and 59, found 3' forecast m.h5 --data moving.h5 --rows 3
refused 1 'none' forecast m.h5 --data moving.h5 --modes none
refused 1 'modes: expected numbers, a multiple of the 96 of x, found the field "short" of 5' forecast m.h5 \
    --data moving.h5 --modes short
refused 2 'expected 1 sample of a regression' forecast answer.h5 --data moving.h5 --samples 3
refused 2 'expected a regression .objective "none"., found vae' forecast m.h5 --data moving.h5 --regressor color.h5
refused 2 'vae: pictures: expected a condition that is an image, found none' forecast plain.h5 --data moving.h5 \
    --picture out.svg
refused 2 'vae: pictures: expected x of trajectories, .height, width, 2 T. for T times, found .96.' forecast flat.h5 \
    --data moving.h5 --frames out.png
refused 1 'frames: expected images of 3 frames of 12 × 12 × 1 below one another, found "still" of .12, 12.' forecast m.h5 \
    --data moving.h5 --frames out.png --frames-field still
refused 1 'none.h5: cannot open' forecast m.h5 --data moving.h5 --regressor none.h5
refused 1 'expected libvae forecast, found libvae completions' forecast m.h5 --data moving.h5 --out c.h5
refused 1 'missing: No such file' forecast m.h5 --data moving.h5 --picture missing/out.svg
refused 1 'found an HDF5 file of another kind' forecast m.h5 --data moving.h5 --out moving.h5
full out.svg forecast m.h5 --data moving.h5 --samples 30 --picture full/out.svg
full out.h5 forecast m.h5 --data moving.h5 --samples 100 --out full/out.h5
told 0 'usage: [a-z]+ forecast FILE.h5' forecast --help

finish
