#!/bin/sh
# vae data: what it tells of each kind of source, that the line it suggests is as it says, and one line for what is wrong.
#
#     SOURCE=. VAE=build/vae PYTHON=python3 tests/command/data.sh
#
# PYTHON has h5py and numpy, which make the files; without it all is skipped. Ends with the line "N passed, N failed"
# (", N skipped") and status 0 or 1.
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"
need_python

"$PYTHON" - <<'END' || exit 1
import h5py, numpy as np
rng = np.random.default_rng(1)
rows = 60
frames = rng.poisson(20, (rows, 6, 5)).astype(">u2")
frames[:, 0, 0] = 65535
with h5py.File("instrument.h5", "w") as f:
    f["detector/frames"] = frames
    f["detector/seen"] = (frames < 65535).astype(np.uint8)
    f["meta/energy"] = np.arange(rows) / 8
    f["meta/run"] = [f"run {i // 20}" for i in range(rows)]
    f["meta/scan number"] = np.arange(rows) % 20
    f["meta/title"] = "a title"
    f["meta/short"] = np.arange(7)
    f["meta/away"] = h5py.ExternalLink("other.h5", "/x")
    gaps = rng.normal(size=(rows, 12)).astype(np.float32)
    gaps[3, 4] = np.nan
    f["table"] = gaps
    f["seen small"] = np.ones((rows, 2), np.uint8)
    f.create_dataset("none", (0, 4), np.uint8)
with h5py.File("kinds.h5", "w") as f:
    f["bits"] = (frames > 20).astype(np.int16)
    f["signed"] = frames.astype(np.int32) - 20
    f["truth"] = frames > 20
    f["half"] = rng.normal(size=(rows, 4)).astype(np.float16)
    f["large"] = 1000 * frames[:, 1:].astype(np.uint32)
    f["infinite"] = np.full((rows, 3), np.inf, np.float32)
    f["low"] = np.arange(-90, 90, dtype=np.int16).reshape(rows, 3)
    f["low"][7] = -32768
    f["shares"] = (frames / 65535).astype(np.float32)
with h5py.File("plain.h5", "w") as f:
    f["x"], f["label"] = frames.astype(np.uint8), np.arange(rows) % 3
with h5py.File("split.h5", "w") as f:
    for name in "train", "test":
        f[name + "/images"] = frames
with h5py.File("many.h5", "w") as f:
    for i in range(130):
        f[f"set {i:03}"] = np.zeros((3, 2))
np.save("table.npy", gaps[:, :2])
np.save("energy.npy", np.arange(rows) / 8)
for part in range(2):
    with h5py.File(f"part-{part}.h5", "w") as f:
        f["the images"], f["label"] = frames.astype(np.uint8), np.arange(rows) % 3
END

# tells STATUS WORDS ARGUMENT...: vae data is told to.
tells() {
    expected=$1 line=$2
    shift 2
    command="vae data $*"
    told "$expected" "$line" data "$@"
}

# also WORDS...: and these are on lines of it, too.
also() {
    for line; do
        check "$command: expected the words \"$line\"" grep -Eq -e "$line" stdout
    done
}

# ---- Sources that know their fields ----

tells 0 '^digits:60: train 60, test 10$' digits:60
also '^fields, of the train rows$' 'x +image, uint8, 28 × 28$' '0 to 255, mean .*; whole numbers$' \
    '10 classes and their rows: 0: [0-9]+, 1: ' 'likelihood bernoulli, transform "unit, binarize" \(bytes: grey' \
    '^  vae train vae --data digits:60 --likelihood bernoulli --transform .unit, binarize. --out model.h5$'
tells 0 'digit +class, uint8' digits:60 --condition digit=class
tells 2 'digits:60: expected no mask' digits:60 --mask seen
tells 0 '^shapes:60: train 60, test 10$' shapes:60
also 'x +image, uint8, 64 × 64 × 3$' 'shape +class, int32$' '4 classes and their rows: square: [0-9]+, ellipse: ' \
    '6 classes and their rows: 0.5: ' '8 classes and their rows: 0: [0-9]+, 10: ' '16 classes and their rows: 17: ' \
    '8 classes and their rows: 0: [0-9]+, 45: '
tells 0 'kind +class, int32, at shape$' shapes:60 --condition kind=class:shape
tells 2 'digit: expected the name of a class, or its path, .* found digit$' shapes:60 --condition digit=class
told 0 '^kept    shapes.h5: 1 epoch' train vae --data shapes:60 --condition kind=class:shape --condition hue=class \
    --encoder 'dense 4 relu' --decoder 'dense 4 relu' --latent 2 --epochs 1 --out shapes.h5
told 0 'active units' eval shapes.h5 --data shapes:12
told 0 'shapes.png' sample shapes.h5 --condition kind=heart --condition hue=90 --count 2 --out shapes.png
told 1 'expected classes for the condition "digit"' train cvae --data shapes:60 --out none.h5
tells 0 '^motion:60: train 60, test 10$' motion:60
also 'x +image, float32, 8 × 8 × 8$' 'still +image, uint8, 32 × 32$' 'frames +image, uint8, 128 × 32$' \
    'modes +values, float32, 4096$' ' NaN$' '3 classes and their rows: 1: ' '8 classes and their rows: 0: '
tells 0 'picture +image, uint8, 32 × 32, at still$' motion:60 --condition picture=image:still
tells 2 'film: expected the name of a field, or its path, .* found film$' motion:60 --condition film=image
told 0 '^kept    motion.h5: 1 epoch' train vae --data motion:60 --condition picture=image:still \
    --condition count=class --likelihood gaussian --transform standardize --encoder 'dense 4 relu' \
    --decoder 'dense 4 relu' --latent 2 --epochs 1 --out motion.h5
told 0 'active units' eval motion.h5 --data motion:12

# ---- A file that nobody has told of ----

tells 0 '^instrument.h5: no dataset x; there are$' instrument.h5
also '/detector/frames +uint16 +\(60, 6, 5\)  --x /detector/frames$' '/detector/seen .*--mask /detector/seen$' \
    '/meta/energy +float64 .*--condition energy=values:/meta/energy$' '--condition run=class:/meta/run$' \
    "--condition 'scan_number=class:/meta/scan number'$" '/meta/title +strings +\(\)$' '/meta/short +int64 +\(7\)$' \
    '/meta/away +an external link' '^  vae data instrument.h5 --x /detector/frames$'
tells 0 '^  … and 30 more$' many.h5
tells 1 'expected a dataset nowhere' instrument.h5 --x nowhere
also 'no dataset nowhere; there are' '/detector/frames'
tells 0 'train: /images +uint16' split.h5
also 'test: /images' '^  vae data split.h5 --x /images$'
tells 0 'plain.h5: all 60' plain.h5
also '^  /label +int64 +\(60\) +--condition label=class:/label$' '^  /x +uint8 .*--x /x$' 'x +image, uint8, 6 × 5, at x$'
tells 0 'plain.h5:/x: all 60' plain.h5:/x
check 'no list where the source is x' test -z "$(grep '^datasets' stdout)"

# ---- Fields, and what is suggested ----

tells 0 '[0-9]+ to [0-9]{2}, mean .*; 60 of 1800 masked$' instrument.h5 --x /detector/frames --fill-value 65535 \
    --condition energy=values:/meta/energy --condition run=class:/meta/run --mask /detector/seen
also 'energy +values, float64, at /meta/energy' '3 classes and their rows: run 0: 20, run 1: 20, run 2: 20$' \
    '; 0 and 1 alone$' 'likelihood poisson, transform "raw" \(whole numbers from 0: counts\)' \
    '--condition run=class:/meta/run --mask /detector/seen --fill-value 65535 --likelihood poisson --transform raw'
tells 0 '; 60 of 1800 the fill value$' instrument.h5 --x /detector/frames --fill-value 65535
also '--fill-value 65535 --likelihood poisson --transform raw --encoder-transform log1p --out'
tells 0 '65535, mean .*; whole numbers$' instrument.h5 --x /detector/frames
also '^65535 is an end of uint16, and is 60 of 1800 values: missing ones, it seems$' '\(whole numbers from 0: counts\)' \
    '--fill-value 65535 --likelihood poisson --transform raw --encoder-transform log1p --out'
tells 0 'to [0-9]{2}, mean .*; whole numbers; 60 of 1800 masked$' instrument.h5 --x /detector/frames --mask /detector/seen
also '--mask /detector/seen --likelihood poisson --transform raw --encoder-transform log1p --out'
tells 0 '20 classes and their rows: 0: 3, .*11: 3, …$' instrument.h5 --x table --condition 'n=class:/meta/scan number'
also '; 1 of 720 NaN$' '--missing mask --likelihood gaussian --transform standardize' '\(numbers of any size\)'
tells 0 'likelihood bernoulli, transform "raw" \(every value is 0 or 1\)' kinds.h5 --x bits
tells 0 'likelihood gaussian, transform "standardize" \(whole numbers, some below 0\)' kinds.h5 --x signed
tells 0 'likelihood gaussian, transform "standardize" \(whole numbers, some above 10000\)' kinds.h5 --x large
tells 0 'no numbers; 180 of 180 infinite' kinds.h5 --x infinite
tells 0 '^-32768 is an end of int16, and is 3 of 180 values: missing' kinds.h5 --x low
also '--fill-value -32768 --likelihood gaussian --transform standardize --out'
tells 0 'likelihood bernoulli, transform "unit, binarize" \(numbers from 0 to 1\)' kinds.h5 --x shares
tells 0 'table.npy: all 60' table.npy

# The suggested line is one that trains, as it stands.
trains() { # ARGUMENT...
    tells 0 'vae train' "$@"
    about "the suggested line of vae data $*"
    sed -n "s/^  vae train/train --epochs 1 --latent 2 --encoder 'dense 4 relu' --decoder 'dense 4 relu'/p" stdout >line
    eval "'$VAE' $(cat line)" >stdout 2>stderr || complain 'expected it to train'
    grep -q '^kept    model.h5: 1 epoch' stdout || complain 'expected a checkpoint'
    rm -f model.h5
    count
}
trains plain.h5
trains plain.h5 --condition label=class
trains instrument.h5 --x /detector/frames
trains instrument.h5 --x /detector/frames --fill-value 65535 --condition energy=values:/meta/energy \
    --condition run=class:/meta/run --condition 'scan_number=class:/meta/scan number'
trains instrument.h5 --x /detector/frames --mask /detector/seen
trains instrument.h5:/table
trains split.h5 --x images
trains table.npy
trains table.npy --condition energy=values:energy.npy
trains 'part-[01].h5' --x 'the images' --condition label=class:/label
trains 'part-?.h5:/the images'
for x in bits truth signed shares large low half; do
    trains kinds.h5 --x $x
done

# ---- JSON ----

json() { # EXPRESSION ARGUMENT...: holds of the object `d` that is printed
    expression=$1
    shift
    as_told 0 '' data "$@" --json
    "$PYTHON" -c "import json, sys; d = json.load(open('stdout')); sys.exit(not ($expression))" || complain "$expression"
    count
}
json 'd["rows"] == {"train": 60, "test": 10} and d["split"] == "train" and len(d["digest"]) == 16' digits:60
json 'sum(c["rows"] for c in d["fields"][1]["classes"]) == 60 and d["fields"][1]["class_count"] == 10' digits:60
json 'd["suggestion"]["likelihood"] == "bernoulli" and d["suggestion"]["command"].startswith("vae train")' digits:60
json 'd["fields"][0]["nan"] == 1 and d["fields"][0]["path"] == "table" and d["dataset_count"] > 9' \
    instrument.h5 --x table
json '{"path": "/detector/frames", "type": "uint16", "shape": [60, 6, 5]}.items() <= d["datasets"][0].items()' \
    instrument.h5

# ---- What is refused ----

tells 2 'expected SRC, found none'
tells 2 'expected NAME=KIND\[:PATH\], found "run"' plain.h5 --condition run
tells 2 'run: expected the kind class, values or image, found "number"' plain.h5 --condition run=number:label
tells 2 'run: given twice' plain.h5 --condition run=class:label --condition run=values:label
tells 2 'name of at most 63 bytes' plain.h5 --condition "$(printf '%064d' 0)=class"
tells 2 'given 9 times, expected 8' plain.h5 --condition a=class --condition b=class --condition c=class \
    --condition d=class --condition e=class --condition f=class --condition g=class --condition h=class \
    --condition i=class
tells 2 'expected a name for condition 1 other than x and mask' plain.h5 --condition mask=class:label
tells 1 'plain.h5: /: expected a dataset gone' plain.h5 --condition run=class:gone
tells 1 'expected 60 rows' instrument.h5 --x table --condition run=class:/meta/short
tells 1 'expected a mask of x.s shape \(60, 12\), found \(60, 2\)' instrument.h5 --x table --mask 'seen small'
tells 1 'expected at least one row, found none' instrument.h5 --x none
tells 1 'expected at least one row, found none' instrument.h5:/none
tells 1 'found an external link \(--allow-external follows it\)' instrument.h5 --x /meta/away
tells 1 'expected a dataset /meta/away, found none' instrument.h5 --x /meta/away --allow-external
tells 1 'cannot open' gone.h5
tells 1 'expected digits' gone

finish
