#!/bin/sh
# Fields of every kind on the command line: conditions that are classes and values, a mask, missing values, whole groups
# held out; what a checkpoint tells again; and starting from another model. One line for what is wrong.
#
#     SOURCE=. VAE=build/vae PYTHON=python3 tests/command/fields.sh
#
# PYTHON has h5py and numpy, which make the files; without it all is skipped. Compares by h5diff (hdf5-tools). Ends with
# the line "N passed, N failed" (", N skipped") and status 0 or 1.
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"
need_python

# As an instrument writes it: counts of 16 bits, energies, runs by name, a mask; and a table with gaps.
"$PYTHON" - <<'END' || exit 1
import h5py, numpy as np
rng = np.random.default_rng(1)
def instrument(name, runs, rows=160):
    with h5py.File(name, "w") as f:
        run = np.arange(rows) % len(runs)
        energy = 1000 + 50 * rng.random(rows)
        frames = rng.poisson(2 + run[:, None, None] + (energy[:, None, None] - 1000) / 25, (rows, 6, 5))
        f["detector/frames"] = frames.astype(np.uint16)
        f["detector/seen"] = (rng.random((rows, 6, 5)) > 0.1).astype(np.uint8)
        f["meta/energy"], f["meta/run"] = energy, np.array(runs, "S8")[run]
        f["meta/map"] = rng.integers(0, 256, (rows, 2, 3)).astype(np.uint8)
runs = [f"run {c}" for c in "ABCDEFGH"]
instrument("instrument.h5", runs)
instrument("other.h5", runs[:3], 60)
instrument("more.h5", runs + ["run I"])
instrument("unseen.h5", runs[:5] + ["night"], 60)
table = rng.normal(5, 2, (200, 12)).astype(np.float32)
table[3, 4], table[50, 1] = np.nan, -999
with h5py.File("table.h5", "w") as f:
    f["x"], f["group"] = table, (np.arange(200) // 20)
with h5py.File("bad.h5", "w") as f:
    f["x"] = np.full((40, 3), 0.5, np.float32)
    for name, place, value in ("infinite", (7, 1), np.inf), ("below", (9, 2), -1.5), ("half", (5, 0), 2.5):
        f[name] = np.full((40, 3), 2, np.float32)
        f[name][place] = value
    f["short"], f["narrow"], f["deep"] = np.arange(39), np.ones((40, 2), np.uint8), np.zeros((40, 2, 2, 2, 2, 2))
    f["twos"], f["number"], f["text"] = np.full((40, 3), 2, np.uint8), np.arange(40) / 8, np.array(["a"] * 40, "S1")
    f["split/train/x"], f["split/test/y"] = f["x"][:], f["x"][:]
    f.create_dataset("raw", (40, 3), np.float32, external=[("bad.raw", 0, h5py.h5f.UNLIMITED)])
    layout = h5py.VirtualLayout((40, 3), np.float32)
    layout[:] = h5py.VirtualSource("instrument.h5", "x", (40, 3))
    f.create_virtual_dataset("virtual", layout)
    f.create_dataset("nothing", (0, 3), np.float32)
END

# untrained STATUS WORDS ARGUMENT...: a training is refused.
untrained() {
    refused "$@" --out out.h5
}

small='--latent 2 --batch 16 --seed 3 --epochs'
# One word an option.
# shellcheck disable=SC2086
begin() { # MODEL EPOCHS WORDS ARGUMENT...
    model=$1 epochs=$2 words=$3
    shift 3
    told 0 "$words" train $model $small $epochs --encoder 'dense 8 relu' --decoder 'dense 8 relu' "$@"
}
instrument() { # EPOCHS WORDS ARGUMENT...
    epochs=$1 words=$2
    shift 2
    begin vae "$epochs" "$words" --x /detector/frames --condition run=class:/meta/run \
        --condition energy=values:/meta/energy --mask /detector/seen --likelihood poisson "$@"
}

# ---- One command; and what it need not be told again ----

instrument 4 'train 100, validation 40 .*, test 20' --data instrument.h5 --validation 0.25 --test 20 --split-by run \
    --out whole.h5
instrument 2 'train 100, validation 40 .*, test 20' --data instrument.h5 --validation 0.25 --test 20 --split-by run \
    --out parts.h5
told 0 'kept    parts.h5: 4 epochs' train --resume parts.h5 --epochs 4
for group in /parameters /state /optimizer /data; do
    same whole.h5 parts.h5 $group
done
told 0 'test, 20 examples' eval whole.h5 --data instrument.h5
told 0 'validation, 40 examples' eval whole.h5 --data instrument.h5 --split validation
told 0 'all, 60 examples' eval whole.h5 --data other.h5
told 0 'observed +2[67]\.[0-9] of 30' eval whole.h5 --data other.h5
# Other data has no mask, and says so.
"$PYTHON" -c 'import h5py; f = h5py.File("bare.h5", "w"); o = h5py.File("other.h5"); [o.copy(o[k], f, k) for k in o]; del f["detector/seen"]'
told 1 'bare.h5: .*expected a dataset /detector/seen' eval whole.h5 --data bare.h5
told 0 'all, 60 examples' eval whole.h5 --data bare.h5 --mask -
told 1 'unseen.h5.*run.*row 5: expected one of the classes "run A", .*, found "night"' eval whole.h5 --data unseen.h5
told 1 'digest|other data|rows' train --resume parts.h5 --epochs 5 --data other.h5
told 2 '--validation cannot change with --resume' train --resume parts.h5 --validation 3
told 2 '--split-by cannot change with --resume' train --resume parts.h5 --split-by run

told 0 'x +6 × 5, stored as uint16' info whole.h5
for words in 'condition +run, 8 classes: "run A", "run B", .*"run H"$' 'condition +energy, 1 value, transform standardize' \
    'x +/detector/frames$' 'mask +/detector/seen$' 'run +/meta/run$' 'energy +/meta/energy$' 'likelihood +poisson' \
    'held out +validation 0.25, test 20, by whole values of run' 'fields/energy/transform/0/mean .*\(state\)'; do
    told 0 "$words" info whole.h5
done
as_told 0 '' info whole.h5 --json
"$PYTHON" - 2>stderr <<'END' || complain 'expected other JSON'
import json
d = json.load(open("stdout"))
m, data = d["model"], d["data"]
assert m["conditions"][0]["kind"] == "class" and m["conditions"][0]["levels"][7] == "run H", m
assert m["conditions"][1] == {"name": "energy", "kind": "values", "size": 1, "transform": "standardize", "type": "float64"}, m
assert m["missing"] == "error" and m["fill_value"] is None and m["type"] == "uint16"
assert data["sources"] == ["instrument.h5"] and data["paths"]["x"] == "/detector/frames"
assert data["paths"]["mask"] == "/detector/seen" and data["paths"]["conditions"] == ["/meta/run", "/meta/energy"]
assert data["division"] == {"validation": 0.25, "test": 20, "by": "run", "seed": 3} and not data["allow_external"]
END
count

holds 'whole runs in each split' <<'END'
import h5py
c, d = h5py.File("whole.h5"), h5py.File("instrument.h5")
split, run = c["data/split"][()], d["meta/run"][()]
assert len(set(zip(run, split))) == 8 and sorted(set(split)) == [0, 1, 2]
assert [l.decode() for l in c["fields/run/levels"]] == sorted(r.decode() for r in set(run))
END

# Several sources, of which the list is kept.
instrument 1 'data    instrument.h5, other.h5: all 220' --data instrument.h5 --data other.h5 --out both.h5
told 0 'kept    both.h5: 2 epochs' train --resume both.h5 --epochs 2
told 0 'all, 160 examples' eval both.h5 --data instrument.h5

# ---- What lies in other files is read where a command asks for it, whatever a checkpoint says ----

"$PYTHON" -c '
import h5py
with h5py.File("links.h5", "w") as f:
    f["frames"] = h5py.ExternalLink("instrument.h5", "/detector/frames")
' || exit 1
begin vae 1 'all 160' --data links.h5 --x frames --likelihood poisson --allow-external --out links-model.h5
told 1 'found an external link \(--allow-external follows it\)' eval links-model.h5 --data links.h5
told 0 'external +read from other files too' info links-model.h5
told 1 'found an external link \(--allow-external follows it\)' train --resume links-model.h5 --epochs 2
told 0 'kept    links-model.h5: 2 epochs' train --resume links-model.h5 --epochs 2 --allow-external

# ---- Images as conditions; missing values ----

begin vae 1 'all 160' --data instrument.h5 --x detector/frames --transform unit --condition map=image:/meta/map \
    --condition energy=values:meta/energy --condition-transform map=raw --condition-transform 'energy=scale=0.001' \
    --out image.h5
told 0 'condition +map, image 2 × 3, transform raw' info image.h5
told 0 'condition +energy, 1 value, transform scale=0.001' info image.h5

untrained 1 'x: expected .*found nan in row 3' train vae --data table.h5 --likelihood gaussian --transform standardize
begin vae 2 'train 180, validation 20' --data table.h5 --likelihood gaussian --transform standardize --missing mask \
    --fill-value -9.99e2 --encoder-transform 'scale=0.1' --validation 0.1 --condition group=class --split-by group --out table-model.h5
told 0 'missing +NaN and -999, masked' info table-model.h5
told 0 'encoder_transform +scale=0.1' info table-model.h5
told 0 'condition +group, 10 classes$' info table-model.h5
told 0 'kept    table-model.h5: 3 epochs' train --resume table-model.h5 --epochs 3
told 0 'validation, 20 examples' eval table-model.h5 --data table.h5 --split validation
begin vae 1 'train 150, validation 20, test 30|train 150, validation 20 .*, test 30' --data table.h5 --fill-value -999 --missing mask \
    --likelihood gaussian --transform raw --validation 20 --test 0.15 --out last.h5
told 0 'held out +validation 20, test 0.15, the last rows' info last.h5
told 0 'transform +raw' info last.h5

# ---- Starting from another ----

told 0 'init    whole.h5: [0-9]+ of [0-9]+ tensors' train --init whole.h5 --data more.h5 --epochs 1 --batch 16 --out nine.h5
told 0 'condition +run, 9 classes: .*"run H", "run I"$' info nine.h5
told 0 'all, 160 examples' eval nine.h5 --data more.h5
told 0 'kept    nine.h5: 2 epochs' train --resume nine.h5 --epochs 2
# Classes that the new data lacks stay, in their order.
told 0 'init    whole.h5: ([0-9]+) of \1 tensors' train --init whole.h5 --data unseen.h5 --epochs 1 --batch 16 \
    --out few.h5
told 0 'condition +run, 9 classes: "run A", .*, "run H", "night"$' info few.h5
told 0 'kept    few.h5: 2 epochs' train --resume few.h5 --epochs 2
told 0 'all, 160 examples' eval few.h5 --data instrument.h5
told 0 'init    table-model.h5: ' train --init table-model.h5 --data table.h5 --epochs 1 --out tables.h5
told 0 'condition +group, 10 classes$' info tables.h5
untrained 1 'whole.h5: .*encoder/0' train --init whole.h5 --data more.h5 --encoder 'dense 9 relu'
untrained 2 'expected --resume or --init, found both' train --resume whole.h5 --init whole.h5
untrained 1 'none.h5: cannot open' train --init none.h5 --data more.h5
untrained 1 'found .*cannot open|not a libvae checkpoint' train --init more.h5 --data more.h5
untrained 2 'expected --data SRC' train --init whole.h5

# ---- Two conditions that are classes ----

begin vae 1 'all 160' --data instrument.h5 --x detector/frames --transform unit --condition run=class:/meta/run \
    --condition again=class:/meta/run --out two.h5
untrained 2 '--class: expected a model with one condition that is a class, found vae, which has 2; --condition NAME=VALUE' \
    sample two.h5 --class 0
told 0 'row.h5: 2 samples of vae in 1 row of 2' sample two.h5 --condition run='run A' --condition again='run B' \
    --count 2 --out row.h5

# ---- What is refused ----

untrained 2 '--missing: expected error or mask, found "drop"' train vae --data table.h5 --missing drop
for number in 0x10 nan inf '' 1e999 '1 '; do
    untrained 2 '--fill-value: expected a number' train vae --data table.h5 --fill-value "$number"
done
untrained 2 '--condition-transform: expected NAME=PHRASES, found "energy"' train vae --data instrument.h5 \
    --condition energy=values --condition-transform energy
untrained 2 '--condition-transform: vae has no condition "map"' train vae --data instrument.h5 \
    --condition energy=values --condition-transform map=unit
untrained 2 '--condition-transform run: expected a condition of values or an image, found a class' train vae \
    --data instrument.h5 --condition run=class --condition-transform run=unit
untrained 2 '--condition-transform energy: given twice' train vae --data instrument.h5 --condition energy=values \
    --condition-transform energy=unit --condition-transform energy=raw
untrained 2 '"unot": no such transform' train vae --data instrument.h5 --condition energy=values \
    --condition-transform energy=unot
untrained 2 '"unot": no such transform' train vae --data instrument.h5 --encoder-transform unot
untrained 2 '--split-by: vae has no condition "run"' train vae --data instrument.h5 --validation 3 --split-by run
untrained 2 '--split-by run: expected --validation or --test beside it' train vae --data instrument.h5 \
    --condition run=class --split-by run
untrained 2 '--test: expected a whole number' train vae --data instrument.h5 --test -1
untrained 1 '--test: expected 1 to 199 of 200 training rows, found "200"' train vae --data table.h5 --test 200 \
    --likelihood gaussian
untrained 1 'cannot hold out' train vae --data table.h5 --test 120 --validation 80 --likelihood gaussian
untrained 1 'instrument.h5: .*expected a dataset /nowhere' train vae --data instrument.h5 --x /detector/frames --mask /nowhere

# bad STATUS WORDS ARGUMENT...: of data that is not as it should be, one line tells what, where, and which row.
bad() {
    status=$1 words=$2
    shift 2
    untrained "$status" "^vae train: .*$words" train vae --data bad.h5 "$@"
}
bad 1 'bad.h5: /: expected a dataset gone, found none among ' --x gone
bad 1 'bad.h5: /: expected a dataset split, found an object of another kind' --x split
untrained 1 'bad.h5: /split/test: expected a dataset x, found none among y' train vae --data bad.h5:/split
bad 1 'bad.h5: /text: expected numbers, found strings of shape \(40\)' --x text
bad 1 'bad.h5: /deep: expected a dataset of 1 to 5 dimensions, found 6$' --x deep
bad 1 'bad.h5: /short: expected 40 rows.*39' --condition run=class:/short
bad 1 'bad.h5: /number: expected integers or strings .*, found float64' --condition run=class:/number
bad 1 'bad.h5: /x: expected numbers of shape \(rows, height, width\) .*found float32 of shape' --condition map=image:/x
bad 1 'bad.h5: /text: expected numbers .*found strings' --condition run=values:/text
bad 1 'bad.h5: /narrow: expected a mask of x.s shape \(40, 3\), found \(40, 2\)' --mask /narrow
bad 1 'bad.h5: /twos: expected a mask of 0 and 1, found 2 in row 0' --mask /twos
bad 1 'bad.h5: x: expected finite numbers, found inf in row 7; --missing mask hides such values$' --x infinite --likelihood gaussian
told 0 'all 40' train vae --data bad.h5 --x infinite --likelihood gaussian --missing mask --epochs 1 --out seen.h5
told 0 '"observed": 2.975' eval seen.h5 --data bad.h5 --json
bad 1 'bad.h5: x: expected values from 0 to 1 for binarize, found 2 in row 0$' --x below
bad 1 'bad.h5: x: expected whole numbers of at least 0 for poisson, found -1.5 in row 9$' --x below --likelihood poisson
bad 1 'bad.h5: x: expected whole numbers of at least 0 for poisson, found 2.5 in row 5$' --x half --likelihood poisson
bad 1 'bad.h5: /raw: .*--allow-external' --x raw
bad 1 'bad.h5: /virtual: .*--allow-external' --x virtual
bad 1 'bad.h5: /nothing: expected at least one row, found none' --x nothing
bad 2 '--condition run: given twice, expected once' --condition run=values:/number --condition run=class:/text
for name in x z mask 'a b' a/b a.b; do
    bad 2 "condition \"$name\": expected a name of 1 to 63 characters without .* that is not x, z or mask" \
        --condition "$name=values:/number"
done
bad 2 'expected a name of at most 63 bytes' --condition "$(printf '%064d' 0)=values:/number"
# Where things lay for the training is not where they lie in a source of another kind: what that lacks is told.
told 2 'digits:60: expected no mask, for this source has the fields x and' encode whole.h5 --data digits:60 --out out.h5

finish
