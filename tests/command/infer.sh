#!/bin/sh
# Inference on the command line: encode, decode, reconstruct, sample with conditions, eval --per-example; what they
# write, and one line for what is wrong, with nothing left behind.
#
#     SOURCE=. VAE=build/vae INSTRUMENT=build/instrument PYTHON=python3 tests/command/infer.sh
#
# PYTHON has h5py and numpy, which make and read the files; without it all is skipped. INSTRUMENT is the program of
# instrument.c, which has models with conditions of every kind; without it those cases are skipped. Ends with the line
# "N passed, N failed" (", N skipped") and status 0 or 1.
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"
need_python

# An instrument's frames: counts with gaps, an energy, a place of two numbers, a run by name, and a flat field of each.
"$PYTHON" - <<'END' || exit 1
import h5py, numpy as np
rng = np.random.default_rng(1)
rows = 120
with h5py.File("beam.h5", "w") as f:
    energy = 5 + np.arange(rows) % 7 / 2
    f["frames"] = (100 + 20 * rng.random((rows, 6, 5)) + energy[:, None, None]).astype(np.float32)
    f["mask"] = (rng.random((rows, 6, 5)) > 0.2).astype(np.uint8)
    f["energy"] = energy
    f["place"] = rng.random((rows, 2))
    f["run"] = np.array([b"run C", b"run A", b"run B, late"])[np.arange(rows) % 3]
    f["flat"] = (255 * rng.random((rows, 6, 5))).astype(np.uint8)
with h5py.File("strange.h5", "w") as f, h5py.File("beam.h5") as beam:
    for name in beam:
        f[name] = beam[name][:]
    del f["run"]
    f["run"] = np.array([b"run C", b"run Z"])[np.arange(rows) % 2]
with h5py.File("ten.h5", "w") as f:
    f["mean"] = np.zeros((4, 10), np.float32)
    f["other"] = np.zeros((4, 3), np.float32)
with h5py.File("three.h5", "w") as f:
    f["deep/latents"] = np.array([[0, 1, 2], [2, 1, 0]], np.float64)
    f["deep/digit"] = np.array([3, 4], np.uint8)
with h5py.File("nothing.h5", "w") as f:
    f["other"] = np.zeros((4, 3), np.float32)
np.save("z.npy", np.array([[0, 1, 2], [2, 1, 0]], np.float32))
END

is_picture() { # FILE WIDTH HEIGHT
    check "$1: expected $2 × $3" \
        test "$(od -An -tu1 -j16 -N8 "$1" | awk '{ print $3 * 256 + $4 " " $7 * 256 + $8 }')" = "$2 $3"
}

train() { # MODEL EPOCHS ARGUMENT...
    model=$1 epochs=$2
    shift 2
    told 0 'kept' train "$model" --epochs "$epochs" --latent 3 --batch 16 --encoder 'dense 12 relu' \
        --decoder 'dense 12 relu' "$@"
}

# ---- Digits ----

train vae 1 --data digits:120 --out vae.h5
train cvae 1 --data digits:120 --out cvae.h5

told 0 'encoded.h5: 20 rows of test, 3 latents each' encode cvae.h5 --data digits:120 --out encoded.h5
told 0 '"rows": 120, "latent_size": 3' encode cvae.h5 --data digits:120 --split train --out train.h5 --json
holds 'encode wrote mean, logvar, row and digit' <<'END'
import h5py
f = h5py.File("encoded.h5")
assert sorted(f) == ["digit", "logvar", "mean", "row"], list(f)
assert f["mean"].shape == f["logvar"].shape == (20, 3)
assert list(f["row"][:]) == list(range(20))
assert f["digit"].dtype.kind == "i" and set(f["digit"][:]) <= set(range(10))
assert f.attrs["format"] == b"libvae latents" and f.attrs["split"] == b"test" and f.attrs["model"] == b"cvae"
assert all("crc32" in f[name].attrs for name in f)
END

told 0 'decoded.h5: 20 rows decoded' decode cvae.h5 --latents encoded.h5 --out decoded.h5
told 0 'rows.h5: 20 rows of test' reconstruct cvae.h5 --data digits:120 --out rows.h5
holds 'decoding what was encoded is reconstructing' <<'END'
import h5py
d, r, e = (h5py.File(name) for name in ("decoded.h5", "rows.h5", "encoded.h5"))
assert d["x"].shape == (20, 28, 28)
assert abs(d["x"][:] - r["reconstruction_units"][:]).max() < 1e-4
assert (d["z"][:] == e["mean"][:]).all() and (d["digit"][:] == e["digit"][:]).all()
assert d.attrs["format"] == b"libvae samples" and r.attrs["format"] == b"libvae reconstructions"
assert "mask" not in r and r["x"][:].min() >= 0 and r["x"][:].max() <= 1
END
told 0 'sevens.h5: 20 rows decoded' decode cvae.h5 --latents encoded.h5:/mean --condition digit=7 --out sevens.h5
holds 'a class was given for all' <<'END'
import h5py
s, d = h5py.File("sevens.h5"), h5py.File("decoded.h5")
assert (s["digit"][:] == 7).all() and abs(s["x"][:] - d["x"][:]).max() > 0
END
told 0 'two.png: 2 rows decoded$' decode cvae.h5 --latents three.h5:/deep/latents --condition digit=0 --out two.png
told 0 'two.h5: 2 rows decoded$' decode cvae.h5 --latents three.h5:/deep/latents --out two.h5
told 0 'plain.h5: 2 rows decoded$' decode vae.h5 --latents z.npy --out plain.h5
told 0 'ten.png: 10 rows of test$' reconstruct vae.h5 --data digits:120 --out ten.png
is_picture ten.png $((10 * 30 + 2)) 62
told 0 'more.png: 13 rows of train$' reconstruct vae.h5 --data digits:120 --split train --count 13 --out more.png
is_picture more.png $((10 * 30 + 2)) $((4 * 30 + 2))

told 0 'each.h5: all figures, of each example too' eval cvae.h5 --data digits:120 --per-example each.h5 --samples 3
told 0 '"observed": 784,.*"per_example": "each.h5"' eval cvae.h5 --data digits:120 --per-example each.h5 --json
holds 'the means are those that are printed' <<'END'
import h5py, json, numpy as np
f, told = h5py.File("each.h5"), json.load(open("stdout"))
for name in "elbo", "reconstruction", "kl", "observed":
    assert abs(f[name][:].mean() - told[name]) < 1e-9, name
assert (f["elbo"][:] == f["reconstruction"][:] - f["kl"][:]).all()
assert list(f["row"][:]) == list(range(20)) and f["elbo"].dtype == np.float64
assert f.attrs["format"] == b"libvae evaluation"
END

# All figures of an evaluation, against NumPy on those of each example.
told 0 '"path": "all.h5"' eval cvae.h5 --data digits:120 --samples 7 --prior-samples 130 --dimensions --out all.h5 --json
mv stdout all.json
holds 'errors, bits, dimensions and the curve are those of NumPy' <<'END'
import h5py, json, numpy as np
f, told = h5py.File("all.h5"), json.load(open("all.json"))
def near(one, other, what):
    assert abs(one - other) <= 1e-9 * max(1, abs(other)), (what, one, other)
for name in "elbo", "reconstruction", "kl", "nll", "prior_nll":
    each = f[name][:]
    error = each.std(ddof=1) / np.sqrt(len(each))
    near(told[name], each.mean(), name)
    near(told[name + "_error"], error, name + "_error")
    near(f["means/" + name][0], each.mean(), "means/" + name)
    near(f["means/" + name + "_error"][0], error, "means/" + name + "_error")
for name in "elbo", "nll", "prior_nll":
    bits = f[name][:].mean() / 784 / np.log(2)
    near(told[name + "_bits"], bits, name + "_bits")
    near(f["means/" + name + "_bits"][0], bits, "means/" + name + "_bits")
fraction = f["effective_fraction"][:]
assert (fraction > 1 / 7 - 1e-6).all() and (fraction <= 1).all()
near(told["effective_fraction"], fraction.mean(), "effective_fraction")
near(told["effective_fraction_least"], fraction.min(), "effective_fraction_least")
assert told["nll_samples"] == 7 and told["prior_nll_samples"] == 130
for way, whole, counts in ("nll", "nll", [1, 7]), ("prior", "prior_nll", [1, 10, 100, 130]):
    curve = told[way + "_estimates"]
    assert [point["n"] for point in curve] == counts == list(f[way + "_estimates/n"][:]), way
    assert [point["nll"] for point in curve] == list(f[way + "_estimates/nll"][:]), way
    assert [point["nll_error"] for point in curve] == list(f[way + "_estimates/nll_error"][:]), way
    near(curve[-1]["nll"], told[whole], "the last of the curve of " + way)
kl, variance = f["dimensions/kl"][:], f["dimensions/mean_variance"][:]
assert abs(kl.sum() - told["kl"]) < 1e-5 * told["kl"]
assert (variance > 0.01).sum() == told["active_units"] == f["means/active_units"][0]
listed = told["dimensions"]
assert [d["dimension"] for d in listed] == list(np.argsort(-kl, kind="stable"))
assert all(d["kl"] == kl[d["dimension"]] and d["mean_variance"] == variance[d["dimension"]] for d in listed)
assert len(kl) == told["latent_size"] > 1
END
figure='-?[0-9]+\.[0-9]{3} ± [0-9]+\.[0-9]{3}'
told 0 "^elbo +$figure nats per example, -[0-9.]+ bits per dimension\$" eval cvae.h5 --data digits:120 --samples 7 \
    --prior-samples 130 --dimensions
for line in "reconstruction +$figure" "kl +$figure" "-elbo +$figure, [0-9.]+ bits per dimension" \
    "nll +$figure with 7 importance samples, [0-9.]+ bits per dimension" \
    '  effective +[0-9.]+ % of the samples, of an example at least [0-9.]+ %' \
    "prior nll +$figure with 130 draws from the prior, [0-9.]+ bits per dimension" \
    "  n = 1 +$figure" "  n = 10 +$figure" "  n = 100 +$figure" 'active units +[0-9]+ of [0-9]+' \
    'dimensions of z, from 0' ' dimension +kl  variance of E\[z \| x\]' ' +0 +[0-9.]+ +[0-9.]+(  inactive)?'; do
    check "eval: a line \"$line\"" grep -qE -e "^$line\$" stdout
done
check 'eval: the estimates of fewer draws' test "$(grep -c '^  n = ' stdout)" = 4
refused 2 '--curve: expected --samples K or --prior-samples N beside it, found neither' \
    eval cvae.h5 --data digits:120 --curve c.svg
refused 2 '--curve: expected a name that ends in .svg, found "c.png"' \
    eval cvae.h5 --data digits:120 --samples 2 --curve c.png
refused 2 'is another name of --out: expected one of them' eval cvae.h5 --data digits:120 --out a.h5 --per-example b.h5
refused 2 '--out: expected a name that ends in .h5 or .hdf5, found "a.png"' eval cvae.h5 --data digits:120 --out a.png
refused 2 '--prior-samples' eval cvae.h5 --data digits:120 --prior-samples -1

told 0 'classes.h5: 8 samples of cvae in 2 rows of 4' sample cvae.h5 --condition digit=3,5 --count 4 --out classes.h5
told 0 'five.h5: 4 samples of cvae in 1 row of 4' sample cvae.h5 --class 5 --count 4 --out five.h5
holds 'a class alone is its row of several' <<'END'
import h5py
c, f = h5py.File("classes.h5"), h5py.File("five.h5")
assert list(c["digit"][:]) == [3] * 4 + [5] * 4 and (f["digit"][:] == 5).all()
assert (c["z"][4:] == f["z"][:]).all() and abs(c["x"][4:] - f["x"][:]).max() < 1e-5
END

# ---- An instrument ----

if [ -n "$INSTRUMENT" ]; then
    program=$VAE
    VAE=$INSTRUMENT
    train beam 2 --data beam.h5 --x frames --mask mask --condition energy=values --condition place=values \
        --condition run=class --out beam-model.h5
    train sky 1 --data beam.h5 --x frames --condition flat=image --out sky.h5
    told 0 'latents.h5: 120 rows of all' encode beam-model.h5 --data beam.h5 --out latents.h5
    told 0 'back.h5: 120 rows decoded' decode beam-model.h5 --latents latents.h5 --out back.h5
    told 0 'pairs.h5: 120 rows of all' reconstruct beam-model.h5 --data beam.h5 --out pairs.h5
    told 0 'observed +24\.[0-9] of 30 values' eval beam-model.h5 --data beam.h5 --per-example gaps.h5
    holds 'conditions of every kind go there and back' <<'END'
import h5py, numpy as np
b, l, d, p, g = (h5py.File(n) for n in ("beam.h5", "latents.h5", "back.h5", "pairs.h5", "gaps.h5"))
for f in l, d, p:
    assert (f["energy"][:] == b["energy"][:]).all() and (f["place"][:] == b["place"][:]).all()
    assert f["run"].dtype == np.dtype("S11") and (f["run"][:] == b["run"][:]).all()
assert abs(d["x"][:] - p["reconstruction_units"][:]).max() < 1e-3
assert 80 < d["x"][:].mean() < 150, d["x"][:].mean()
assert (p["mask"][:] == b["mask"][:]).all() and (p["x"][:][b["mask"][:] == 0] == 0).all()
assert (g["observed"][:] == b["mask"][:].sum((1, 2))).all()
END
    told 0 'pairs.png: 10 rows of all; black is -[0-9.]+, white is [0-9.]+$' reconstruct beam-model.h5 --data beam.h5 \
        --out pairs.png
    told 0 'grid.png: 27 samples of beam in 9 rows of 3; black is' sample beam-model.h5 --condition energy=5:7:3 \
        --condition place=0.5,0.25 --count 3 --out grid.png
    told 0 'grid.h5: 8 samples of beam in 8 rows of 1' sample beam-model.h5 --condition energy=5,6.5 \
        --condition 'place=0.5,0.25;1,-2' --condition 'run=run C,run A' --count 1 --out grid.h5
    holds 'the last condition varies fastest' <<'END'
import h5py
g = h5py.File("grid.h5")
assert list(g["energy"][:]) == [5] * 4 + [6.5] * 4
assert g["place"][:].tolist() == ([[0.5, 0.25]] * 2 + [[1, -2]] * 2) * 2
assert list(g["run"][:]) == [b"run C", b"run A"] * 4 or list(g["run"][:]) == [b"run A", b"run C"] * 4
assert (g["z"][:] == g["z"][0]).all()
END
    told 0 'late.h5: 1 sample ' sample beam-model.h5 --condition energy=5 --condition place=1,1 \
        --condition 'run=run B, late' --count 1 --out late.h5
    told 0 'both.h5: 3 samples of beam in 3 rows of 1' sample beam-model.h5 --condition energy=5 --condition place=1,1 \
        --condition 'run=run B, late,run A,run B, late' --count 1 --out both.h5
    holds 'levels that have commas, with commas between' <<'END'
import h5py
assert list(h5py.File("both.h5")["run"][:]) == [b"run B, late", b"run A", b"run B, late"]
END
    told 0 'one.h5: 120 rows decoded' decode beam-model.h5 --latents latents.h5 --condition energy=6 \
        --condition 'run=run A' --out one.h5
    told 0 'sky-latents.h5: 120 rows' encode sky.h5 --data beam.h5 --out sky-latents.h5
    told 0 'sky-back.h5: 120 rows decoded' decode sky.h5 --latents sky-latents.h5 --out sky-back.h5

    no_sample() { # WORDS ARGUMENT...
        words=$1
        shift
        refused 2 "$words" sample beam-model.h5 --out out.h5 "$@"
    }
    energy='--condition=energy=5' place='--condition=place=1,1'
    no_sample 'expected --condition energy=VALUE or A:B:N, for beam is conditioned on it'
    no_sample 'expected --condition place=VALUE,VALUE..., for beam is conditioned on it' $energy
    no_sample 'energy: expected a number, or numbers A:B:N, found "x"' --condition energy=x
    no_sample 'energy: expected a number, or numbers A:B:N, found ""' --condition energy=5,
    no_sample 'energy: given twice, expected once' $energy --condition energy=6
    no_sample 'place: expected 2 numbers with commas between, found 3' $energy --condition place=1,2,3
    no_sample 'place: expected 2 numbers with commas between, found 1' $energy --condition 'place=1,2;3'
    no_sample 'run: expected a class of beam, which are "run A", "run B, late", "run C", found "Z"' $energy $place \
        --condition run=Z
    no_sample 'found "run B"' $energy $place --condition 'run=run A,run B'
    no_sample 'found ""' $energy $place --condition 'run=run A,'
    no_sample 'a condition of beam, which are energy, place, run, found "pace"' --condition pace=1
    no_sample 'expected NAME=VALUE, found "energy"' --condition energy
    no_sample 'expected NAME=VALUE, found "energy="' --condition energy=
    no_sample 'class: expected a class from 0 to 2, found 3' $energy $place --class 3
    no_sample 'class: expected it or --condition run, found both' $energy $place --class 1 --condition 'run=run A'
    refused 2 'energy: expected A:B:N, N from 1 to 1000000 numbers from A to B, found "5:6"' sample beam-model.h5 \
        --out out.h5 --condition energy=5:6
    refused 2 'energy: expected A:B:N, .* found "5:6:0"' sample beam-model.h5 --out out.h5 --condition energy=5:6:0
    refused 1 'sky: expected conditions that can be typed, found the image "flat"' sample sky.h5 --out out.h5
    refused 2 'flat: expected a class or values, for an image cannot be typed' sample sky.h5 --out out.h5 \
        --condition flat=1
    refused 2 'energy: expected 1 at most, found 2' decode beam-model.h5 --latents latents.h5 --condition energy=5,6 \
        --out out.h5
    refused 1 'row 1: expected one of the classes .*found "run Z"' encode beam-model.h5 --data strange.h5 --out out.h5
    refused 1 'expected shape|shape' encode beam-model.h5 --data beam.h5 --x energy --out out.h5
    refused 2 'a condition of beam, which are energy, place, run, found "pace"' encode beam-model.h5 --data beam.h5 \
        --condition pace=values --out out.h5
    VAE=$program
else
    skip 'models with conditions of every kind: no INSTRUMENT program'
fi

# ---- What is refused ----

refused 2 'expected --data SRC, found none' encode cvae.h5 --out out.h5
refused 2 'expected --out FILE.h5, found none' encode cvae.h5 --data digits:120
refused 2 'expected --out FILE.png or --out FILE.h5, found none' reconstruct cvae.h5 --data digits:120
refused 2 '--out: expected a name that ends in .h5 or .hdf5, found "out.png"' encode cvae.h5 --data digits:120 --out out.png
refused 2 '--out: expected a name that ends in .png, .h5 or .hdf5' reconstruct cvae.h5 --data digits:120 --out out.jpg
refused 2 '--split: expected train, validation, test or all, found "tset"' encode cvae.h5 --data digits:120 --split tset --out out.h5
refused 1 'expected validation rows, found none; there are train 120, test 20' encode cvae.h5 --data digits:120 \
    --split validation --out out.h5
refused 1 '--out missing/out.h5: the folder missing: No such file' encode cvae.h5 --data digits:120 --out missing/out.h5
refused 1 '--out missing/out.png: the folder missing: No such file' reconstruct cvae.h5 --data digits:120 --out missing/out.png
refused 1 '--out missing/out.h5: the folder missing: No such file' decode cvae.h5 --latents encoded.h5 --out missing/out.h5
refused 1 '--per-example missing/out.h5: the folder missing: No such' eval cvae.h5 --data digits:120 --per-example missing/out.h5
refused 2 '--per-example: expected a name that ends in .h5 or .hdf5, found "out.csv"' eval cvae.h5 --data digits:120 \
    --per-example out.csv
refused 2 'none, for vae has no conditions, found "digit"' sample vae.h5 --out out.h5 --condition digit=3
refused 2 'digit: expected a class of cvae, which are 0 to 9, found "10"' sample cvae.h5 --out out.h5 --condition digit=10
refused 2 'expected --latents IN.h5, found none' decode cvae.h5 --out out.h5
refused 1 'nothing.h5: expected latents, a dataset mean or z, found neither' decode vae.h5 --latents nothing.h5 --out out.h5
refused 1 'latents: expected \(rows, 3\), found \(rows, 10\)' decode vae.h5 --latents ten.h5 --out out.h5
refused 1 'ten.h5.*digit' decode cvae.h5 --latents ten.h5:/other --out out.h5
refused 1 'none.h5' decode vae.h5 --latents none.h5 --out out.h5
refused 1 'cvae.h5: expected latents, a dataset mean or z' decode vae.h5 --latents cvae.h5 --out out.h5
refused 1 'none.h5: ' encode none.h5 --data digits:120 --out out.h5

# A file of another kind stays.
for kind in encoded.h5 each.h5 rows.h5 decoded.h5 cvae.h5 ten.png; do
    cp "$kind" "$kind.copy"
done
refused 1 'expected libvae latents, found libvae evaluation' encode cvae.h5 --data digits:120 --out each.h5
refused 1 'expected libvae evaluation, found libvae latents' eval cvae.h5 --data digits:120 --per-example encoded.h5
refused 1 'expected libvae samples, found libvae reconstructions' decode cvae.h5 --latents encoded.h5 --out rows.h5
refused 1 'expected libvae reconstructions, found libvae samples' reconstruct cvae.h5 --data digits:120 --out decoded.h5
refused 1 'expected libvae latents, found a libvae checkpoint' encode cvae.h5 --data digits:120 --out cvae.h5
refused 1 'found an HDF5 file of another kind' encode cvae.h5 --data digits:120 --out ten.h5
# Nor is what a command reads replaced, by whatever name.
ln -s rows.h5 link.h5
ln decoded.h5 again.h5
refused 1 '--out rows.h5: expected another file than --data rows.h5:/x, which it would replace' \
    reconstruct vae.h5 --data rows.h5:/x --out rows.h5
refused 1 '--out rows.h5: expected another file than --data r.ws.h5,' reconstruct vae.h5 --data 'r?ws.h5' --out rows.h5
refused 1 '--out link.h5: expected another file than --data rows.h5,' reconstruct vae.h5 --data rows.h5 --out link.h5
refused 1 '--out again.h5: expected another file than --latents decoded.h5,' decode vae.h5 --latents decoded.h5 \
    --out again.h5
refused 1 '--out encoded.h5: expected another file than --data encoded.h5:/mean,' encode vae.h5 \
    --data encoded.h5:/mean --out encoded.h5
refused 1 '--per-example each.h5: expected another file than --data each.h5:/elbo,' eval vae.h5 --data each.h5:/elbo \
    --per-example each.h5
refused 1 '--out cvae.h5: expected another file than --init cvae.h5,' train --init cvae.h5 --data digits:120 --out cvae.h5
refused 1 '--out cvae.h5: expected another file than --data cvae.h5:/parameters/decoder/0/weight,' train vae \
    --data cvae.h5:/parameters/decoder/0/weight --likelihood gaussian --out cvae.h5
for kind in encoded.h5 each.h5 rows.h5 decoded.h5 cvae.h5 ten.png; do
    check "$kind stays" cmp "$kind" "$kind.copy"
done
told 0 'encoded.h5: 120 rows of train' encode cvae.h5 --data digits:120 --split train --out encoded.h5
told 0 'ten.png: 2 rows' reconstruct cvae.h5 --data digits:120 --count 2 --out ten.png

# ---- Disks that are full, output that nobody takes ----

full a.h5 encode cvae.h5 --data digits:120 --split train --out full/a.h5 --threads 1
full b.h5 decode cvae.h5 --latents encoded.h5 --out full/b.h5 --threads 1
full c.h5 reconstruct cvae.h5 --data digits:120 --out full/c.h5 --threads 1
full d.png reconstruct cvae.h5 --data digits:120 --out full/d.png --threads 1
full e.h5 sample cvae.h5 --out full/e.h5 --threads 1
full f.png sample cvae.h5 --out full/f.png --threads 1
full g.h5 eval cvae.h5 --data digits:120 --split train --per-example full/g.h5 --threads 1
if [ -w /dev/full ]; then
    for command in models 'models --json' 'data digits:60' 'info cvae.h5' 'eval cvae.h5 --data digits:120' \
        'encode cvae.h5 --data digits:120 --out lost.h5' 'graph cvae.h5' 'check cvae.h5 --examples 2' --help; do
        about "vae $command to a full disk"
        # shellcheck disable=SC2086
        "$VAE" $command >/dev/full 2>stderr
        [ $? = 1 ] || complain 'expected status 1'
        [ "$(grep -Ec 'standard output: cannot be written: (No space left on device|writing failed)$' stderr)" = 1 ] ||
            complain 'expected a line'
        count
    done
fi

# Help names every option, and no other is taken.
for command in encode decode reconstruct; do
    told 0 "usage: [a-z]+ $command FILE.h5" $command --help
    told 0 'No such|--threads N' $command --help
    refused 2 'no such option' $command cvae.h5 --colour red
    refused 2 'expected FILE.h5, found none' $command
done

finish
