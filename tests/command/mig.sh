#!/bin/sh
# The mutual information gap of vae eval: its figures beside NumPy's, worked out from what encode writes; as text, JSON and
# HDF5; of classes that the model knows and of others; and one line for what is wrong, with nothing left behind.
#
#     SOURCE=. VAE=build/vae PYTHON=python3 tests/command/mig.sh
#
# PYTHON has h5py and numpy; without it all is skipped. Ends with the line "N passed, N failed" (", N skipped") and status
# 0 or 1.
# Variables that are not set here are those of program.sh.
# shellcheck disable=SC2154
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"
need_python
PYTHONPATH=$work PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH PYTHONDONTWRITEBYTECODE

# Chen, Li, Grosse, Duvenaud 2018, equation 6, in NumPy.
cat >gap.py <<'END'
import numpy as np

def log_mean_exp(values):
    largest = values.max(1, keepdims=True)
    return (largest + np.log(np.exp(values - largest).mean(1, keepdims=True)))[:, 0]

def entropy(factor):
    p = np.unique(factor, return_counts=True)[1] / len(factor)
    return -(p * np.log(p)).sum()

def information(z, mean, logvar, factor):
    """I(z_j; v) of a dimension: z, mean and logvar (rows), factor (rows)."""
    log_q = -(np.log(2 * np.pi) + logvar + (z[:, None] - mean) ** 2 / np.exp(logvar)) / 2     # (sample, posterior)
    alike = np.array([log_mean_exp(log_q[n:n + 1, factor == factor[n]])[0] for n in range(len(z))])
    return (alike - log_mean_exp(log_q)).mean()

def informations(z, mean, logvar, factor):
    return np.array([information(z[:, j], mean[:, j], logvar[:, j], factor) for j in range(z.shape[1])])

def gap(nats, factor):
    second, first = np.sort(nats)[-2:]
    return (first - second) / entropy(factor)
END

# ---- Digits ----

told 0 'kept' train vae --data digits:3000 --batch 32 --encoder 'dense 24 relu' --decoder 'dense 24 relu' --latent 4 --epochs 6 \
    --out vae.h5
told 0 '' encode vae.h5 --data digits:3000 --split train --out codes.h5
told 0 '' eval vae.h5 --data digits:3000 --split train --mig label --mig-rows 400 --seed 7 --out one.h5 --threads 1
told 0 '^mig +[0-9.]+ of 1 factor, by a z for each of 400 rows$' eval vae.h5 --data digits:3000 --split train --mig label \
    --mig-rows 400 --seed 7 --out three.h5 --threads 3
check 'a row for the factor' grep -Eq '^ +label +10 +2\.[0-9]{4} +[0-3] +[0-9.]+ +[0-3] +[0-9.-]+ +[0-9.-]+$' stdout
same one.h5 three.h5 /factors
same one.h5 three.h5 /means/mig
told 0 '"mig": ' eval vae.h5 --data digits:3000 --split train --mig all --mig-rows 400 --seed 7 --json
cp stdout figures.json
holds 'rows are drawn, and z of q(z | x)' <<'END'
import h5py, numpy as np
f, codes = h5py.File("one.h5")["factors"], h5py.File("codes.h5")
row, z = f["row"][:], f["z"][:]
assert (codes["row"][:] == np.arange(3000)).all() and len(set(row)) == 400 and (np.diff(row) > 0).all()
assert 1200 < row.mean() < 1800                                     # drawn from all of the split
mean, logvar = codes["mean"][:][row].astype(float), codes["logvar"][:][row].astype(float)
noise = (z - mean) / np.exp(logvar / 2)
assert abs(noise.mean()) < 0.1 and abs(noise.var() - 1) < 0.15 and abs(np.corrcoef(noise.T) - np.eye(4)).max() < 0.25
END
# The labels of the same digits are those that a conditional model's codes have beside them.
told 0 'kept' train cvae --data digits:3000 --batch 32 --encoder 'dense 8 relu' --decoder 'dense 8 relu' --latent 2 --epochs 1 \
    --out cvae.h5
told 0 '' encode cvae.h5 --data digits:3000 --split train --out labels.h5
told 0 '' eval cvae.h5 --data digits:3000 --split train --mig digit --mig-rows 400 --seed 7 --out known.h5
holds 'NumPy has the same gap' <<'END'
import json
import h5py, numpy as np
from gap import informations, gap, entropy
told = json.load(open("figures.json"))
for file, name, codes in (("one.h5", b"label", "codes.h5"), ("known.h5", b"digit", "labels.h5")):
    data, codes = h5py.File(file), h5py.File(codes)
    f, row = data["factors"], data["factors/row"][:]
    mean, logvar = codes["mean"][:][row].astype(float), codes["logvar"][:][row].astype(float)
    label = h5py.File("labels.h5")["digit"][:][row]
    nats = informations(f["z"][:], mean, logvar, label)
    assert abs(f["informations"][0] - nats).max() < 1e-4, (f["informations"][0], nats)
    assert f["name"][0] == name and f["levels"][0] == 10 and abs(f["entropy"][0] - entropy(label)) < 1e-12
    order = np.argsort(-nats)
    assert f["dimension"][0] == order[0] and f["second_dimension"][0] == order[1]
    assert abs(f["information"][0] - nats.max()) < 1e-4 and abs(f["second_information"][0] - nats[order[1]]) < 1e-4
    assert abs(f["gap"][0] - gap(nats, label)) < 1e-4 and data["means/mig"][0] == f["gap"][0]
    assert nats.max() > (0.3 if name == b"label" else 0)                # there is something to tell
    if name == b"label":
        assert told["mig"] == data["means/mig"][0] and told["mig_rows"] == 400 and len(told["factors"]) == 1
        factor = told["factors"][0]
        assert factor["informations"] == list(f["informations"][0]) and factor["name"] == "label"
        for key in ("levels", "entropy", "dimension", "information", "second_dimension", "second_information", "gap"):
            assert factor[key] == f[key][0], key
        # Another draw of z comes near it.
        other = mean + np.exp(logvar / 2) * np.random.default_rng(1).normal(size=mean.shape)
        assert abs(informations(other, mean, logvar, label) - nats).max() < 0.15
END
told 0 '' eval vae.h5 --data digits:3000 --split train --mig label --mig-rows 400 --seed 8 --out other.h5
told 0 '' eval vae.h5 --data digits:3000 --mig label --out usual.h5
holds 'the seed draws other rows; without --mig-rows there are at most 2000' <<'END'
import h5py
one, other, usual = (h5py.File(name + ".h5")["factors/row"][:] for name in ("one", "other", "usual"))
assert list(one) != list(other) and list(usual) == list(range(500))
END
told 0 '' eval vae.h5 --data digits:3000 --out without.h5
holds 'without --mig there are no factors' <<'END'
import h5py
f = h5py.File("without.h5")
assert "factors" not in f and "mig" not in f["means"] and "elbo" in f["means"]
END

# ---- HDF5: classes that are no conditions, rows held out ----

"$PYTHON" - <<'END' || exit 1
import h5py, numpy as np
rng = np.random.default_rng(4)
with h5py.File("many.h5", "w") as f:
    kind, night = rng.integers(0, 3, 600), rng.integers(0, 2, 600)
    f["x"] = (np.stack([4 * kind, 4 * night, 0 * kind], 1) + rng.normal(size=(600, 3))).astype(np.float32)
    f["kind"] = np.array([b"wet", b"dry", b"icy"])[kind]
    f["meta/night"] = night
    f["same"] = np.zeros(600, int)
    f["energy"] = rng.normal(size=600)
END
told 0 'kept' train vae --data many.h5 --likelihood 'gaussian sigma=1' --latent 3 --validation 150 --encoder 'dense 12 tanh' --decoder '' \
    --batch 32 --epochs 60 --learning-rate 0.01 --out plain.h5
told 0 'kept' train vae --data many.h5 --condition kind=class --likelihood 'gaussian sigma=1' --latent 3 --validation 150 \
    --encoder 'dense 12 tanh' --decoder '' --batch 32 --epochs 20 --out kind.h5
for model in plain kind; do
    told 0 '' encode $model.h5 --data many.h5 --split validation --out codes-$model.h5
    told 0 '150 examples' eval $model.h5 --data many.h5 --split validation --mig kind,meta/night --out out.h5
    check "three levels of kind" grep -Eq '^ +kind +3 ' stdout
    MODEL=$model holds "factors of which $model knows some" <<'END'
import os
import h5py, numpy as np
from gap import informations, gap
f, codes, data = h5py.File("out.h5"), h5py.File("codes-%s.h5" % os.environ["MODEL"]), h5py.File("many.h5")
row = codes["row"][:]
assert (f["factors/row"][:] == row).all() and list(row) == list(range(450, 600))
assert list(f["factors/name"][:]) == [b"kind", b"meta/night"]
gaps = []
for k, name in enumerate(("kind", "meta/night")):
    factor = data[name][:][row]
    nats = informations(f["factors/z"][:], codes["mean"][:].astype(float), codes["logvar"][:].astype(float), factor)
    assert abs(f["factors/informations"][k] - nats).max() < 1e-4
    gaps.append(gap(nats, factor))
    assert os.environ["MODEL"] != "plain" or nats.max() > 0.15
assert abs(f["means/mig"][0] - np.mean(gaps)) < 1e-4
END
done
told 0 'of 1 factor, ' eval kind.h5 --data many.h5 --split validation --mig all

# A hierarchy's z is that of its first layer.
told 0 'kept' train iwae-2 --data digits:60 --batch 16 --epochs 1 --out iwae-2.h5
told 0 'of 1 factor, by a z for each of 60 rows' eval iwae-2.h5 --data digits:60 --split train --mig label

# ---- What is wrong ----

wrong() { # STATUS WORDS ARGUMENT...
    status=$1 words=$2
    shift 2
    refused "$status" "$words" eval vae.h5 --data digits:3000 "$@"
}
wrong 2 'expected a field of classes, found "hue"; there are label' --mig hue
wrong 2 '--mig: expected names of classes with commas between, or all, found "label,,x"' --mig label,,x
wrong 2 '--mig: expected names of classes with commas between, or all, found "label,"' --mig label,
wrong 2 '--mig-rows: expected --mig NAME beside it, found none' --mig-rows 10
wrong 2 '--mig-rows' --mig label --mig-rows 1
refused 1 'same: expected two levels or more among 450 rows, found one' eval plain.h5 --data many.h5 --split train --mig same,kind
refused 1 'expected a field of classes with two levels or more, found none' eval plain.h5 --data many.h5 --split train --mig all
refused 1 'nothing' eval plain.h5 --data many.h5 --split train --mig nothing
refused 1 'energy' eval plain.h5 --data many.h5 --split train --mig energy
told 0 'kept' train doersch-regressor --data digits:60 --batch 16 --epochs 1 --out regressor.h5
refused 2 'expected dimensions of z, found a regression, which has none' eval regressor.h5 --data digits:60 --split train --mig label
full e.h5 eval vae.h5 --data digits:3000 --mig label --out full/e.h5 --threads 1

finish
