#!/bin/sh
# Pictures on the command line: manifold, interpolate, traverse, plot; their sizes and values, their numbers in HDF5, and
# one line for what is wrong, with nothing left behind.
#
#     SOURCE=. VAE=build/vae PYTHON=python3 tests/command/pictures.sh
#
# PYTHON has h5py and numpy, which read the files; without it all is skipped. Ends with the line "N passed, N failed"
# (", N skipped") and status 0 or 1.
# Variables that are not set here are those of program.sh.
# shellcheck disable=SC2154
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"
need_python

# What reads pictures, and what else the checks below share.
cat >look.py <<'END'
import xml.etree.ElementTree as tree
import h5py
import numpy as np
from png import png

def grid(path, rows, columns):
    """The images of a grid of 28 × 28, with borders of 2."""
    found = png(path)
    assert found.shape == (30 * rows + 2, 30 * columns + 2), found.shape
    return np.array([[found[30 * r + 2:30 * r + 30, 30 * c + 2:30 * c + 30] for c in range(columns)] for r in range(rows)])

def shows(path, x, rows, columns):
    """Has the picture the values of x, (rows · columns, 28, 28), as grey levels?"""
    wanted = np.asarray(x, float).reshape(rows, columns, 28, 28)
    return abs(grid(path, rows, columns) - 255 * wanted).max() <= 1

def svg(path):
    """The drawing's elements by name, and its texts."""
    space = "{http://www.w3.org/2000/svg}"
    root = tree.parse(path).getroot()
    assert root.tag == space + "svg"
    return lambda name: root.findall(".//" + space + name), [t.text for t in root.iter(space + "text")]

def normal(z):
    return np.array([__import__("math").erfc(-v / 2 ** 0.5) / 2 for v in np.ravel(z)]).reshape(np.shape(z))
END
PYTHONPATH=$work:$source/tests/support PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH PYTHONDONTWRITEBYTECODE

train() { # MODEL ARGUMENT...
    model=$1
    shift
    told 0 'kept' train "$model" --data digits:120 --batch 16 --encoder 'dense 12 relu' --decoder 'dense 12 relu' "$@"
}
train vae --latent 3 --epochs 3 --validation 20 --out vae.h5
train cvae --latent 2 --epochs 2 --out cvae.h5
train vae --latent 1 --epochs 1 --out one.h5
train vae --latent 2 --epochs 1 --out "a < b & c.h5"
told 0 'codes.h5' encode vae.h5 --data digits:120 --out codes.h5
told 0 'codes-cvae.h5' encode cvae.h5 --data digits:120 --out codes-cvae.h5

# ---- manifold ----

told 0 'm.png: 4 × 4 points of vae, dimensions 2 and 0' manifold vae.h5 --grid 4 --dimensions 2,0 --picture m.png --out m.h5
told 0 'm3.png: 20 × 20 points of cvae' manifold cvae.h5 --condition digit=3 --picture m3.png --out m3.h5
told 0 '' decode vae.h5 --latents m.h5:/z --out again.h5
holds 'a manifold is even in probability, and decoded' <<'END'
from look import *
f = h5py.File("m.h5")
assert f.attrs["format"] == b"libvae manifold" and sorted(f) == ["place", "x", "z"], list(f)
u = normal(f["z"][:])
assert (f["z"][:, 1] == 0).all()
row, column = np.divmod(np.arange(16), 4)
assert abs(u[:, 2] - (column + 0.5) / 4).max() < 1e-6 and abs(u[:, 0] - (3.5 - row) / 4).max() < 1e-6
assert abs(f["place"][:] - u[:, [2, 0]]).max() < 1e-6
assert abs(f["x"][:] - h5py.File("again.h5")["x"][:]).max() < 1e-5
assert shows("m.png", f["x"][:], 4, 4)
g = h5py.File("m3.h5")
assert g["x"].shape == (400, 28, 28) and (g["digit"][:] == 3).all() and shows("m3.png", g["x"][:], 20, 20)
END

# ---- interpolate ----

pairs='--from 0,4 --to 1,9 --steps 5'
# Words of options.
# shellcheck disable=SC2086
{
    told 0 'i.png: 2 pairs of test in 5 steps, linear' interpolate vae.h5 --data digits:120 $pairs --picture i.png --out i.h5
    told 0 'spherical' interpolate vae.h5 --data digits:120 $pairs --path spherical --out s.h5
    told 0 '' interpolate cvae.h5 --data digits:120 $pairs --out ic.h5
    told 0 '' interpolate cvae.h5 --data digits:120 $pairs --at digit=6 --out i6.h5
    told 0 '' interpolate vae.h5 --data digits:120 --split validation --from 119 --to 100 --steps 2 --out late.h5
    told 0 'late-codes.h5' encode vae.h5 --data digits:120 --split validation --out late-codes.h5
}
holds 'an interpolation goes from one posterior mean to another' <<'END'
from look import *
mean = h5py.File("codes.h5")["mean"][:].astype(float)
a, b = mean[[0, 4]], mean[[1, 9]]
t = np.linspace(0, 1, 5)[:, None]
f, s, c, six = (h5py.File(name) for name in ("i.h5", "s.h5", "ic.h5", "i6.h5"))
assert sorted(f) == ["from", "t", "to", "x", "z"] and f.attrs["format"] == b"libvae interpolation"
assert list(f["from"][:]) == [0] * 5 + [4] * 5 and list(f["to"][:]) == [1] * 5 + [9] * 5
assert abs(f["t"][:5] - t[:, 0]).max() == 0
for pair in range(2):
    line = (1 - t) * a[pair] + t * b[pair]
    omega = np.arccos(a[pair] @ b[pair] / np.linalg.norm(a[pair]) / np.linalg.norm(b[pair]))
    arc = (np.sin((1 - t) * omega) * a[pair] + np.sin(t * omega) * b[pair]) / np.sin(omega)
    assert abs(f["z"][5 * pair:5 * pair + 5] - line).max() < 1e-5
    assert abs(s["z"][5 * pair:5 * pair + 5] - arc).max() < 1e-5
assert shows("i.png", f["x"][:], 2, 5)
digit = h5py.File("codes-cvae.h5")["digit"][:]
assert list(c["digit"][:]) == [digit[0]] * 5 + [digit[4]] * 5 and (six["digit"][:] == 6).all()
assert (c["z"][:] == six["z"][:]).all()
late, codes = h5py.File("late.h5"), h5py.File("late-codes.h5")
assert list(codes["row"][:]) == list(range(100, 120))
assert abs(late["z"][:] - codes["mean"][:][[19, 0]]).max() < 1e-5
END

# ---- traverse ----

told 0 '' eval vae.h5 --data digits:120 --out figures.h5
told 0 't.png: 3 dimensions of z in 11 steps from -3 to 3' traverse vae.h5 --picture t.png --out t.h5
told 0 'dimension [0-2] +kl [0-9.]+ nats' traverse vae.h5 --data digits:120 --row 7 --most 2 --steps 3 --from -1 --to 1 \
    --picture r.png --out r.h5
told 0 '' traverse vae.h5 --data digits:120 --dimensions 2,0 --out d.h5
told 0 '' traverse cvae.h5 --at digit=4 --out t4.h5
told 0 '' traverse cvae.h5 --data digits:120 --row 2 --out tr.h5
told 0 '' traverse one.h5 --picture t1.png
holds 'a traversal sets one dimension at a time, those of the largest KL first' <<'END'
from look import *
t, r, d, four, row = (h5py.File(name) for name in ("t.h5", "r.h5", "d.h5", "t4.h5", "tr.h5"))
wanted = np.zeros((3, 11, 3))
for i in range(3):
    wanted[i, :, i] = np.linspace(-3, 3, 11)
assert sorted(t) == ["dimension", "value", "x", "z"] and abs(t["z"][:] - wanted.reshape(33, 3)).max() < 1e-6
assert shows("t.png", t["x"][:], 3, 11)
mean = h5py.File("codes.h5")["mean"][:].astype(float)
kl = h5py.File("figures.h5")["dimensions/kl"][:]
order = np.argsort(-kl)
assert sorted(r) == ["dimension", "kl", "value", "x", "z"] and r.attrs["format"] == b"libvae traversal"
assert list(r["dimension"][::3]) == list(order[:2]) and abs(r["kl"][::3] - kl[order[:2]]).max() < 1e-5
for k in range(2):
    z = np.repeat(mean[7:8], 3, 0)
    z[:, order[k]] = [-1, 0, 1]
    assert abs(r["z"][3 * k:3 * k + 3] - z).max() < 1e-5
assert shows("r.png", r["x"][:], 2, 3)
assert list(d["dimension"][::11]) == [2, 0] and abs(d["kl"][::11] - kl[[2, 0]]).max() < 1e-5
assert (four["digit"][:] == 4).all() and (row["digit"][:] == h5py.File("codes-cvae.h5")["digit"][2]).all()
END

# What else a model may be: a hierarchy, whose prior tells no KL of a dimension; conditioned on a part of x; a regression.
for model in iwae-2 doersch-cvae doersch-regressor; do
    told 0 'kept' train $model --data digits:60 --epochs 1 --out $model.h5
done
told 0 'kl [0-9.]+ nats' traverse iwae-2.h5 --data digits:60 --most 3 --steps 3 --picture h.png --out h.h5
told 0 '' encode iwae-2.h5 --data digits:60 --out h-codes.h5
told 0 '' interpolate doersch-cvae.h5 --data digits:60 --from 0 --to 1 --steps 3 --picture q.png
holds 'of a hierarchy KL is against N(0, 1), of its first layer' <<'END'
from look import *
codes, h = h5py.File("h-codes.h5"), h5py.File("h.h5")
mean, logvar = (codes[name][:].astype(float) for name in ("mean", "logvar"))
kl = ((mean ** 2 + np.exp(logvar) - 1 - logvar) / 2).mean(0)
assert abs(h["kl"][::3] - np.sort(kl)[::-1][:3]).max() < 1e-5
assert abs(kl[h["dimension"][::3]] - h["kl"][::3]).max() < 1e-5
END
refused 2 'expected dimensions of z, found a regression, which has none' interpolate doersch-regressor.h5 --data digits:60 --from 0 --to 1 --out out.h5
refused 1 'expected conditions that can be typed, found the image' manifold doersch-cvae.h5 --picture out.png

# A condition typed is in the units of the data, however it is stored there: what decode makes of it.
"$PYTHON" - <<'END' || exit 1
import h5py, numpy as np
rng = np.random.default_rng(2)
with h5py.File("energy.h5", "w") as f:
    f["energy"] = rng.integers(0, 256, 60).astype(np.uint8)
    f["x"] = (rng.random((60, 4)) + f["energy"][:][:, None] / 64).astype(np.float32)
END
told 0 'kept' train vae --data energy.h5 --condition energy=values --condition-transform energy=unit \
    --likelihood gaussian --latent 2 --encoder 'dense 4 tanh' --decoder 'dense 4 tanh' --epochs 20 --out energy-model.h5
told 0 '' manifold energy-model.h5 --condition energy=200 --grid 3 --out at-200.h5
told 0 '' decode energy-model.h5 --latents at-200.h5:/z --condition energy=200 --out decoded-200.h5
told 0 '' traverse energy-model.h5 --data energy.h5 --row 5 --out row-5.h5
told 0 '' decode energy-model.h5 --latents row-5.h5:/z --condition "energy=$("$PYTHON" -c '
import h5py; print(h5py.File("energy.h5")["energy"][5])')" --out decoded-5.h5
holds 'a condition is that of the data' <<'END'
from look import *
for walk, decoded in ("at-200.h5", "decoded-200.h5"), ("row-5.h5", "decoded-5.h5"):
    x = h5py.File(walk)["x"][:]
    assert abs(x - h5py.File(decoded)["x"][:]).max() < 1e-5 and x.std() > 0
assert (h5py.File("at-200.h5")["energy"][:] == 200).all()
END

# ---- plot --curves ----

told 0 'c.svg: 2 curves by epoch' plot vae.h5 --curves c.svg --out c.h5
told 0 'both.svg: 3 curves by examples seen' plot vae.h5 "a < b & c.h5" --by examples --log x --curves both.svg --out both.h5
told 0 '' plot vae.h5 --figure train/kl,train/elbo --by step --log both --curves log.svg --out log.h5
told 0 '' plot vae.h5 --figure train/elbo --by seconds --curves seconds.svg
holds 'curves are the histories' <<'END'
from look import *
f = h5py.File("c.h5")
h = h5py.File("vae.h5")["history"]
assert f.attrs["format"] == b"libvae plot" and list(f["name"][:]) == [b"train/elbo", b"validation/elbo"]
assert list(f["series"][:]) == [0] * 3 + [1] * 3 and list(f["x"][:]) == [1, 2, 3] * 2
assert (f["y"][:3] == h["train/elbo"][:]).all() and (f["y"][3:] == h["validation/elbo"][:]).all()
find, texts = svg("c.svg")
assert len(find("path")) == 2 and len(find("circle")) == 6
assert {"1", "2", "3", "epoch", "nats per example", "train/elbo", "validation/elbo"} <= set(texts), texts
# The curve is where its values are: in places of the drawing, x is even and y falls as the elbo rises.
points = np.array([[float(v) for v in p.split()] for p in find("path")[0].get("d")[1:].split("L")])
assert abs(np.diff(points[:, 0], 2)).max() < 0.02
elbo = h["train/elbo"][:]
way = (points[:, 1] - points[0, 1]) / (points[2, 1] - points[0, 1])
assert points[2, 1] < points[0, 1] and abs(way - (elbo - elbo[0]) / (elbo[2] - elbo[0])).max() < 1e-3
both = h5py.File("both.h5")
assert list(both["name"][:]) == [b"vae.h5: train/elbo", b"vae.h5: validation/elbo", b"a < b & c.h5: train/elbo"]
assert list(both["x"][:3]) == list(h["examples_seen"][:])
find, texts = svg("both.svg")
strokes = [g.get("stroke") for g in find("g") if g.get("stroke-dasharray")]
assert strokes[:3] == ["#0072b2", "#0072b2", "#d55e00"], strokes
assert "a < b & c.h5: train/elbo" in texts and "examples seen" in texts
log = h5py.File("log.h5")
assert list(log["name"][:]) == [b"train/kl", b"-train/elbo"] and (log["y"][3:] == -elbo).all()
assert "train/elbo, nats per example" in svg("seconds.svg")[1]
END

# ---- eval --curve ----

told 0 'curve.svg: estimates by so many samples' eval vae.h5 --data digits:120 --samples 12 --prior-samples 120 \
    --curve curve.svg --out curve.h5
told 0 'prior.svg: estimates' eval vae.h5 --data digits:120 --prior-samples 12 --curve prior.svg
holds 'both estimates fall with the samples, and the prior is told apart' <<'END'
from look import *
f = h5py.File("curve.h5")
find, texts = svg("curve.svg")
assert {"importance sampling from q(z | x)", "draws from the prior"} <= set(texts), texts
lines = [np.array([[float(v) for v in p.split()] for p in path.get("d")[1:].split("L")]) for path in find("path")]
assert [len(line) for line in lines] == [3, 4]
for line, way in zip(lines, ("nll_estimates", "prior_estimates")):
    n, nll = f[way + "/n"][:], f[way + "/nll"][:]
    assert np.corrcoef(line[:, 0], np.log(n))[0, 1] > 0.99999 and np.corrcoef(line[:, 1], nll)[0, 1] < -0.9999, way
assert "importance sampling from q(z | x)" not in svg("prior.svg")[1]
END

# ---- plot --scatter ----

"$PYTHON" - <<'END' || exit 1
import h5py, numpy as np
rng = np.random.default_rng(1)
with h5py.File("rows.h5", "w") as f:
    f["x"] = rng.random((60, 4)).astype(np.float32)
    f["run"] = np.array([b"run A", b"run <B>", b"run C"])[np.arange(60) % 3]
    f["truth/odd"] = np.arange(60) % 2
    f["many"] = np.arange(60) + np.zeros(60, int)
    f["energy"] = rng.random(60)
END
told 0 'kept' train vae --data rows.h5 --test 20 --likelihood gaussian --latent 3 --encoder 'dense 4 tanh' --decoder '' \
    --epochs 1 --out rows-model.h5
told 0 's.svg: 20 rows of test' plot vae.h5 --data digits:120 --scatter s.svg --color-by digit --dimensions 2,0 --out points.h5
told 0 '' plot vae.h5 --data digits:120 --scatter plain.svg
told 0 '' plot cvae.h5 --data digits:120 --scatter cvae.svg
told 0 '' encode rows-model.h5 --data rows.h5 --split test --out rows-codes.h5
told 0 'run.svg: 20 rows of test' plot rows-model.h5 --data rows.h5 --split test --scatter run.svg --color-by run --out run.h5
told 0 '' plot rows-model.h5 --data rows.h5 --split test --scatter odd.svg --color-by truth/odd --out odd.h5
holds 'points are the posterior means, with the colours of their class' <<'END'
from look import *
codes = h5py.File("codes.h5")["mean"][:]
f = h5py.File("points.h5")
assert sorted(map(tuple, zip(f["x"][:], f["y"][:]))) == sorted(map(tuple, codes[:, [2, 0]].astype(float)))
find, texts = svg("s.svg")
classes = len(f["name"])
assert len(find("circle")) == 20 + classes                    # the legend has one each
assert {name.decode() for name in f["name"][:]} <= set(texts)
numbers = [int(name) for name in f["name"][:]]
anchors = np.array([[int(c[i:i + 2], 16) for i in (0, 2, 4)] for c in
    "440154 482878 3e4989 31688e 26828e 1f9e89 35b779 6dcd59 b4de2c".split()])
assert max(numbers) == 9, numbers                             # more than 8 classes: a ramp
ramp = [np.interp(number * 8 / 9, range(9), anchors[:, i]) for number in numbers for i in range(3)]
drawn = [g.get("fill") for g in find("g") if g.get("fill-opacity")][:classes]
assert abs(np.array([int(c[i:i + 2], 16) for c in drawn for i in (1, 3, 5)]) - ramp).max() <= 1
assert len([c for c in svg("plain.svg")[0]("circle")]) == 20
assert len({g.get("fill") for g in svg("cvae.svg")[0]("g") if g.get("fill-opacity")}) > 1
rows, run, odd = (h5py.File(name) for name in ("rows-codes.h5", "run.h5", "odd.h5"))
assert list(run["name"][:]) == [b"run <B>", b"run A", b"run C"], list(run["name"][:])
number = rows["row"][:]
where = {(float(m[0]), float(m[1])): int(n) for m, n in zip(rows["mean"][:], number)}
for file, name in ((run, lambda n: ("run A", "run <B>", "run C")[n % 3]), (odd, lambda n: str(n % 2))):
    for x, y, series in zip(file["x"][:], file["y"][:], file["series"][:]):
        assert file["name"][series].decode() == name(where[x, y])
assert "run <B>" in svg("run.svg")[1]
END

# ---- What is refused ----

refused 2 'expected --picture FILE.png or --out FILE.h5, found none' manifold vae.h5
refused 2 '--picture: expected a name that ends in .png, found "m.jpg"' manifold vae.h5 --picture m.jpg
refused 2 '--out: expected a name that ends in .h5 or .hdf5, found "m.png"' manifold vae.h5 --out m.png
refused 2 'a manifold wants two dimensions of z, found 1; a traversal' manifold one.h5 --picture out.png
refused 2 'expected dimensions of z from 0 to 2, found 3' manifold vae.h5 --dimensions 0,3 --picture out.png
refused 2 'dimensions: expected two dimensions of z, found "1,1"' manifold vae.h5 --dimensions 1,1 --picture out.png
refused 2 'dimensions: expected two dimensions of z, found "1"' manifold vae.h5 --dimensions 1 --picture out.png
refused 2 'dimensions: expected whole numbers from 0 with commas between, found "x"' manifold vae.h5 --dimensions 0,x \
    --picture out.png
refused 2 'expected whole numbers from 0 with commas between, found ""' manifold vae.h5 --dimensions 0, --picture out.png
refused 2 '--grid: expected a whole number from 2 to 1000, found "1"' manifold vae.h5 --grid 1 --picture out.png
refused 2 'expected --condition digit=CLASS, for cvae is conditioned on it, found none' manifold cvae.h5 --picture out.png
refused 2 '--condition digit: expected 1 at most, found 2' manifold cvae.h5 --condition digit=1,2 --picture out.png
refused 2 'no image of 1 or 3 channels' manifold rows-model.h5 --picture out.png
told 0 '' manifold rows-model.h5 --out flat.h5
refused 2 'expected --data SRC, found none' interpolate vae.h5 --from 0 --to 1 --picture out.png
refused 2 'expected --from ROW and --to ROW, found no --to' interpolate vae.h5 --data digits:120 --from 0 --picture out.png
refused 2 '--to: expected 2 rows, as many as --from has, found 1' interpolate vae.h5 --data digits:120 --from 0,1 --to 1 \
    --picture out.png
refused 2 'from: expected a row of test, which are 20 between 0 and 19, found 20' interpolate vae.h5 --data digits:120 \
    --from 20 --to 1 --picture out.png
refused 2 '--from: expected whole numbers from 0 .* found "-1"' interpolate vae.h5 --data digits:120 --from -1 --to 1 \
    --picture out.png
refused 2 '--path: expected linear or spherical, found "round"' interpolate vae.h5 --data digits:120 --from 0 --to 1 \
    --path round --picture out.png
refused 2 '--at digit: expected a class of cvae, which are 0 to 9, found "x"' interpolate cvae.h5 --data digits:120 \
    --from 0 --to 1 --at digit=x --picture out.png
refused 2 '--at: expected none, for vae has no conditions, found "digit"' interpolate vae.h5 --data digits:120 \
    --from 0 --to 1 --at digit=1 --picture out.png
refused 1 'shape' interpolate vae.h5 --data rows.h5 --from 0 --to 1 --picture out.png
refused 2 '--row: expected --data SRC beside it, found none' traverse vae.h5 --row 1 --picture out.png
refused 2 '--most: expected --data SRC beside it, found none' traverse vae.h5 --most 1 --picture out.png
refused 2 'expected --dimensions or --most, found both' traverse vae.h5 --data digits:120 --most 1 --dimensions 0 \
    --picture out.png
refused 2 'row: expected a row of test, which are 20 between 0 and 19, found 99' traverse vae.h5 --data digits:120 --row 99 \
    --picture out.png
refused 2 'expected dimensions of z from 0 to 2, found 7' traverse vae.h5 --dimensions 7 --picture out.png
refused 2 '--to: expected another number than --from has, found 1' traverse vae.h5 --from 1 --to 1 --picture out.png
refused 2 'expected --at digit=CLASS, for cvae is conditioned on it' traverse cvae.h5 --picture out.png
refused 2 'expected --curves FILE.svg or --scatter FILE.svg, found none' plot vae.h5
refused 2 'expected --curves FILE.svg or --scatter FILE.svg, found both' plot vae.h5 --curves a.svg --scatter b.svg
refused 2 '--figure: expected beside --curves, found without' plot vae.h5 --data digits:120 --scatter out.svg --figure x
refused 2 '--data: expected beside --scatter, found without' plot vae.h5 --data digits:120 --curves out.svg
refused 2 '--curves: expected a name that ends in .svg, found "out.png"' plot vae.h5 --curves out.png
refused 2 '--by: expected epoch, examples, step or seconds, found "days"' plot vae.h5 --by days --curves out.svg
refused 2 '--log: expected x, y or both, found "z"' plot vae.h5 --log z --curves out.svg
refused 1 'cvae.h5: expected the figure validation/elbo in the history, found .*train/elbo' plot vae.h5 cvae.h5 \
    --figure validation/elbo --curves out.svg
refused 2 'train/skipped: expected values above 0 for a logarithmic y axis, found 0' plot vae.h5 --log y \
    --figure train/skipped --curves out.svg
refused 1 'none.h5: ' plot vae.h5 none.h5 --curves out.svg
refused 2 'expected one FILE.h5, found 2' plot vae.h5 cvae.h5 --data digits:120 --scatter out.svg
refused 2 'expected --data SRC, found none' plot vae.h5 --scatter out.svg
refused 2 'dimensions of z from 0 to 2, as vae has, found 3' plot vae.h5 --data digits:120 --dimensions 0,3 --scatter out.svg
refused 1 'nothing' plot rows-model.h5 --data rows.h5 --split test --color-by nothing --scatter out.svg
refused 1 'energy' plot rows-model.h5 --data rows.h5 --split test --color-by energy --scatter out.svg

# Files that stay, folders that are not there, disks that are full.
for kind in m.h5 m.png c.svg c.h5 vae.h5; do
    cp "$kind" "$kind.copy"
done
echo '<svg width="1"/>' >mine.svg
refused 1 'expected libvae traversal, found libvae manifold' traverse vae.h5 --out m.h5
refused 1 'found a libvae checkpoint' manifold vae.h5 --out vae.h5
refused 1 'found a file of another kind' plot vae.h5 --curves mine.svg
refused 1 'expected libvae plot, found libvae manifold' plot vae.h5 --curves out.svg --out m.h5
refused 1 '--picture missing/out.png: the folder missing: No such file' manifold vae.h5 --picture missing/out.png
refused 1 '--curves missing/out.svg: the folder missing: No such file' plot vae.h5 --curves missing/out.svg
refused 1 '--out: expected a new name or libvae manifold to replace' manifold vae.h5 --out codes.h5
refused 1 '--out codes.h5.*expected a new name or libvae interpolation|libvae interpolation' interpolate vae.h5 \
    --data digits:120 --from 0 --to 1 --out codes.h5
told 0 '' manifold vae.h5 --grid 4 --dimensions 2,0 --picture m.png --out m.h5
told 0 '' plot vae.h5 --curves c.svg --out c.h5
for kind in m.png c.svg vae.h5; do
    check "$kind is the same again" cmp "$kind" "$kind.copy"
done
same m.h5 m.h5.copy /
same c.h5 c.h5.copy /

full m.png manifold vae.h5 --picture full/m.png --threads 1
full i.h5 interpolate vae.h5 --data digits:120 --from 0 --to 1 --out full/i.h5 --threads 1
full t.h5 traverse vae.h5 --out full/t.h5 --threads 1
full c.svg plot vae.h5 --data digits:120 --split train --scatter full/c.svg --threads 1

# Help names every option, and no other is taken.
for command in manifold interpolate traverse plot; do
    told 0 "usage: [a-z]+ $command FILE.h5" $command --help
    refused 2 'no such option' $command vae.h5 --colour red
    refused 2 'expected FILE.h5, found none' $command
done

finish
