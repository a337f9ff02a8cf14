#!/bin/sh
# Everyone's data, from file to answer: counts of an instrument with gaps and two conditions, in which anomalies are
# found by their ELBO; and a table of floats, of which the ELBO is told in its own units.
#
#     SOURCE=. VAE=build/vae PYTHON=python3 tests/command/everyone.sh
#
# PYTHON has h5py and numpy, which make the files and look into the results; without it all is skipped. Ends with the
# line "N passed, N failed" (", N skipped") and status 0 or 1.
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"
need_python

# Spots of light, as bright as the energy says and as wide as the run's; 1 % of the frames have bars instead. 3 % of the
# pixels are gaps, with the largest count there is.
"$PYTHON" - <<'END' || exit 1
import h5py, numpy as np
rng = np.random.default_rng(5)
rows = 2000
energy = rng.uniform(8, 20, rows)
run = rng.integers(0, 3, rows)
y, x = np.mgrid[0:32, 0:32]
cx, cy = rng.uniform(10, 22, (2, rows, 1, 1))
wide = (3 + run)[:, None, None]
rate = 0.5 + energy[:, None, None] * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * wide ** 2))
planted = rng.choice(rows, rows // 100, replace=False)
rate[planted] = 0.5 + energy[planted, None, None] * ((x + rng.integers(0, 8, (len(planted), 1, 1))) // 4 % 2)
frames = rng.poisson(rate).astype(np.uint16)
gaps = rng.random(frames.shape) < 0.03
frames[gaps] = 65535
with h5py.File("instrument.h5", "w") as f:
    f.create_dataset("detector/frames", data=frames, chunks=(100, 32, 32), compression="gzip", shuffle=True)
    f["detector/seen"] = (~gaps).astype(np.uint8)
    f["meta/energy"], f["meta/run"] = energy, np.array([b"run A", b"run B", b"run C"])[run]
    f["planted"] = np.sort(planted)
hidden = rng.normal(size=(1500, 3)) @ rng.normal(size=(3, 12))
table = ((hidden + 0.3 * rng.normal(size=hidden.shape)) * np.logspace(-2, 3, 12) + 7).astype(np.float32)
for name, values in (("table.h5", table), ("halves.h5", table / 2)):
    with h5py.File(name, "w") as f:
        f["x"] = values
for part in range(3):
    with h5py.File(f"part-{part}.h5", "w") as f:
        f["x"] = table[500 * part:500 * (part + 1)]
END

# ---- An instrument's file ----

small='--encoder dense_64_relu --decoder dense_64_relu --latent 4 --batch 64 --seed 1'
small=$(printf '%s' "$small" | tr ' _' '\n ')
IFS='
'
# One word a line.
# shellcheck disable=SC2086
does train cvae --data instrument.h5 --x /detector/frames --condition energy=values:/meta/energy \
    --condition run=class:/meta/run --mask /detector/seen --likelihood poisson --encoder-transform log1p \
    --epochs 25 $small --out instrument-model.h5
does encode instrument-model.h5 --data instrument.h5 --out latents.h5
does eval instrument-model.h5 --data instrument.h5 --per-example examples.h5

holds 'rows are answered one by one' <<'END'
import h5py, numpy as np
data, latents, examples = (h5py.File(name + ".h5") for name in ("instrument", "latents", "examples"))
assert latents["mean"].shape == latents["logvar"].shape == (2000, 4), latents["mean"].shape
for f in (latents, examples):
    assert (f["row"][()] == np.arange(2000)).all()
assert (latents["run"][()] == data["meta/run"][()]).all()
assert (latents["energy"][()] == data["meta/energy"][()]).all()
assert (examples["observed"][()] == data["detector/seen"][()].sum((1, 2))).all()
assert np.allclose(examples["elbo"], examples["reconstruction"][()] - examples["kl"][()])
END

holds 'every planted anomaly is among the lowest 2 % of ELBO' <<'END'
import h5py, numpy as np
examples, planted = h5py.File("examples.h5"), h5py.File("instrument.h5")["planted"][()]
lowest = examples["row"][()][np.argsort(examples["elbo"])[:40]]
missed = np.setdiff1d(planted, lowest)
assert len(planted) == 20 and len(missed) == 0, f"missed {missed} of {planted}"
END

# The same file, the gaps told by their value alone: the same bits.
# shellcheck disable=SC2086
does train cvae --data instrument.h5 --x /detector/frames --condition energy=values:/meta/energy \
    --condition run=class:/meta/run --fill-value 65535 --likelihood poisson --encoder-transform log1p \
    --epochs 1 $small --out filled.h5
# shellcheck disable=SC2086
does train cvae --data instrument.h5 --x /detector/frames --condition energy=values:/meta/energy \
    --condition run=class:/meta/run --mask /detector/seen --likelihood poisson --encoder-transform log1p \
    --epochs 1 $small --out masked.h5
holds 'a fill value and a mask of the same places give the same bits' <<'END'
import h5py
a, b = h5py.File("filled.h5"), h5py.File("masked.h5")
def same(name, object):
    if isinstance(object, h5py.Dataset):
        assert (object[()] == b["parameters"][name][()]).all(), name
a["parameters"].visititems(same)
END

# ---- A table ----

for name in table halves; do
    # shellcheck disable=SC2086
    does train vae --data $name.h5 --likelihood gaussian --transform standardize --epochs 3 $small --out $name-model.h5
    does eval $name-model.h5 --data $name.h5 --json
    cp stdout $name.json
done
holds 'halving 12 values adds 12 log 2 to the ELBO' <<'END'
import json, math
table, halves = (json.load(open(name))["elbo"] for name in ("table.json", "halves.json"))
assert abs(halves - table - 12 * math.log(2)) < 1e-3, (table, halves)
END

# ---- Files that follow one another ----

# shellcheck disable=SC2086
does train vae --data table.h5 --likelihood gaussian --transform standardize --epochs 1 $small --out one.h5
# shellcheck disable=SC2086
does train vae --data 'part-*.h5' --likelihood gaussian --transform standardize --epochs 1 $small --out parts.h5
holds 'three files are the one that they were cut of' <<'END'
import h5py
a, b = h5py.File("parts.h5"), h5py.File("one.h5")
for name in ("encoder/0/weight", "decoder/mean/weight"):
    assert (a["parameters"][name][()] == b["parameters"][name][()]).all(), name
assert a["data"].attrs["digest"] == b["data"].attrs["digest"]
END

finish
