#!/bin/sh
# Data in HDF5 and NPY files on the command line: training, resuming and evaluating with what lies where told by --data,
# --x and --condition, and one line for what is wrong.
#
#     SOURCE=. VAE=build/vae PYTHON=python3 tests/command/hdf5.sh
#
# PYTHON has h5py and numpy, which make the files; without it all is skipped. Compares by h5diff (hdf5-tools). Ends with
# the line "N passed, N failed" (", N skipped") and status 0 or 1.
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"
need_python

# Three classes of frames, without splits, with splits, in two files, and classes of all kinds.
"$PYTHON" - <<'END' || exit 1
import h5py, numpy as np
labels = np.arange(120) % 3
frames = np.zeros((120, 6, 5), np.uint8)
for row, label in enumerate(labels):
    frames[row, 2 * label:2 * label + 2] = 255
with h5py.File("flat.h5", "w") as f:
    f["images"], f["labels"] = frames, labels
    f["scan/frames"], f["scan/kind"] = frames, labels.astype(np.int8)
    f["from 1"], f["runs"] = labels + 1, np.array([b"run A", b"run B", b"run C"])[labels]
    f["digits as text"] = np.array([b"0", b"1", b"2"])[labels]
    f["energies"] = labels + 0.5
    f["short"] = labels[:7]
    f["truth"], f["counts"] = frames > 0, frames.astype(np.int16)
    f["shares"] = (frames / 255).astype(np.float32)
with h5py.File("split.h5", "w") as f:
    for split, rows in {"train": slice(0, 90), "test": slice(90, 120)}.items():
        f[split + "/x"], f[split + "/labels"] = frames[rows], labels[rows]
with h5py.File("two.h5", "w") as f:
    some = labels != 0
    f["images"], f["labels"] = frames[some], labels[some]
with h5py.File("four.h5", "w") as f:
    f["images"], f["labels"] = frames, labels + (np.arange(120) == 7) * 3
for part in 0, 1:
    with h5py.File(f"run-{part}.h5", "w") as f:
        f["images"], f["labels"] = frames[60 * part:60 * part + 60], labels[60 * part:60 * part + 60]
np.save("frames.npy", frames)
np.save("labels.npy", labels)
END

# untrained STATUS WORDS ARGUMENT...: a training is refused.
untrained() {
    refused "$@" --out out.h5
}

small='--latent 2 --batch 16 --seed 3'
hidden='dense 12 relu'
train() { # MODEL EPOCHS WORDS ARGUMENT...
    model=$1 epochs=$2 words=$3
    shift 3
    # One word an option.
    # shellcheck disable=SC2086
    told 0 "$words" train "$model" $small --epochs "$epochs" --encoder "$hidden" --decoder "$hidden" "$@"
}

# ---- What works ----

train vae 2 'data    flat.h5:/images: all 120;' --data flat.h5:/images --out path.h5
train vae 2 'data    flat.h5: all 120;' --data flat.h5 --x images --out x.h5
same path.h5 x.h5
train vae 2 'data    frames.npy: all 120;' --data frames.npy --out npy.h5
same path.h5 npy.h5
train vae 2 'data    split.h5: train 90, test 30;' --data split.h5 --out split-model.h5
train vae 2 'train 100, validation 20' --data flat.h5:/images --validation 20 --out held.h5
told 0 'validation, 20 examples' eval held.h5 --data flat.h5:/images --split validation

# Bytes, shares of them and truth values are the same, each with its transform.
train vae 2 'all 120' --data flat.h5:/shares --out shares.h5
same path.h5 shares.h5
train vae 2 'all 120' --data flat.h5:/truth --transform threshold --out truth.h5
train vae 2 'all 120' --data flat.h5:/images --transform threshold --out bytes.h5
same bytes.h5 truth.h5
train vae 2 'all 120' --data flat.h5:/counts --likelihood "gaussian sigma=100" --transform raw --out counts.h5

labels='digit=class:/labels'
train cvae 3 'all 120' --data flat.h5:/images --condition $labels --out through.h5
train cvae 2 'all 120' --data flat.h5:/images --condition $labels --out cvae.h5
train cvae 3 'all 120' --data 'run-*.h5' --x images --condition $labels --out runs.h5
same through.h5 runs.h5
train cvae 3 'data    run-0.h5, run-1.h5: all 120' --data run-0.h5 --data run-1.h5 --x images --condition $labels \
    --out both.h5
same through.h5 both.h5
train cvae 2 'train 60' --data digits:60 --out digits.h5
train cvae 2 'train 60' --data digits:60 --condition digit=class --x x --out named.h5
same digits.h5 named.h5
train cvae 3 'all 120' --data flat.h5:/scan --x frames --condition=digit=class:kind --out scan.h5
same through.h5 scan.h5
train cvae 3 'all 120' --data frames.npy --condition digit=class:labels.npy --out array.h5
same through.h5 array.h5
train cvae 3 'all 120' --data flat.h5:/images --condition 'digit=class:digits as text' --out text.h5
same through.h5 text.h5
train cvae 2 'train 90, test 30' --data split.h5 --condition digit=class:labels --out split-cvae.h5
told 0 'test, 30 examples' eval split-cvae.h5 --data split.h5 --condition digit=class:labels

told 0 'all, 120 examples' eval cvae.h5 --data flat.h5:/images --condition $labels
cp stdout all-at-once
told 0 'all, 120 examples' eval cvae.h5 --data 'run-*.h5' --x images --condition $labels
check 'evaluated in two files: the same figures' cmp stdout all-at-once
# A class that is not there leaves the others their numbers.
told 0 'all, 80 examples' eval cvae.h5 --data two.h5:/images --condition $labels
told 0 'samples' sample cvae.h5 --count 4 --out samples.h5

# Where things lie is kept: it need not be told again.
told 0 'kept    cvae.h5: 3 epochs' train --resume cvae.h5 --epochs 3
same through.h5 cvae.h5
told 0 'all, 120 examples' eval cvae.h5 --data flat.h5:/images
told 0 'all, 120 examples' eval cvae.h5 --data flat.h5 --x images --condition digit=class:'digits as text'
told 0 'kept    x.h5: 3 epochs' train --resume x.h5 --epochs 3
told 0 'kept    text.h5: 4 epochs' train --resume text.h5 --epochs 4 --condition 'digit=class:digits as text'
told 0 'kept    both.h5: 4 epochs' train --resume both.h5 --epochs 4
told 0 'all, 120 examples' eval both.h5 --data flat.h5:/images
told 0 'kept    path.h5: 3 epochs' train --resume path.h5 --epochs 3 --data flat.h5 --x /images
same path.h5 x.h5

# ---- What is refused ----

untrained 2 'expected NAME=KIND\[:PATH\], found "digit"' train cvae --data flat.h5:/images --condition digit
untrained 2 'expected NAME=KIND\[:PATH\], found "=class"' train cvae --data flat.h5:/images --condition =class
untrained 2 'expected NAME=KIND\[:PATH\], found "digit=class:"' train cvae --data flat.h5:/images --condition digit=class:
untrained 2 'expected NAME=KIND\[:PATH\], found an empty text' train cvae --data flat.h5:/images --condition ''
untrained 1 'expected a dataset run, found none' train cvae --data flat.h5:/images --condition run=class
untrained 1 'expected .*, found int64' train cvae --data flat.h5:/images --condition digit=image:/labels
untrained 2 'digit: expected the kind class, values or image, found ""' train cvae --data flat.h5:/images --condition digit=
untrained 2 'digit: given twice' train cvae --data flat.h5:/images --condition $labels --condition digit=class
untrained 2 'condition: given 9 times, expected 8 at most' train cvae --data flat.h5 --condition a=class \
    --condition b=class --condition c=class --condition d=class --condition e=class --condition f=class \
    --condition g=class --condition h=class --condition i=class
untrained 2 '--x: given twice' train vae --data flat.h5 --x images --x images
untrained 2 'digits:60: expected no path of x but x, .* fields x and label' train vae --data digits:60 --x images
untrained 2 'digits:60: digit: expected no path but label' train cvae --data digits:60 --condition $labels
untrained 1 'digit", found no such field: .*--condition NAME=class:PATH' train cvae --data flat.h5:/images
untrained 1 '/energies: expected integers or strings' train cvae --data flat.h5:/images --condition digit=class:/energies
untrained 1 'x is int16: expected a transform that says what its values mean' train vae --data flat.h5:/counts
untrained 1 'expected values from 0 to 1 .*found 255 in row 0' train vae --data flat.h5:/counts --transform raw
untrained 1 'expected 120 rows' train cvae --data flat.h5:/images --condition digit=class:/short
untrained 1 'flat.h5.*nowhere' train cvae --data flat.h5:/images --condition digit=class:/nowhere
untrained 1 'flat.h5.*nowhere' train vae --data flat.h5 --x nowhere
untrained 1 'flat.h5.*nowhere' train vae --data flat.h5:/nowhere
untrained 1 'none.h5' train vae --data none.h5:/images

told 1 'x: expected shape .28, 28., found .6, 5.' eval digits.h5 --data flat.h5:/images
told 2 'found "run"' eval cvae.h5 --data flat.h5:/images --condition run=class:/runs
told 1 'expected one of the classes .*found "run A"' eval cvae.h5 --data flat.h5:/images --condition digit=class:/runs
told 1 'row 7: expected one of the classes .*found "4"' eval cvae.h5 --data four.h5:/images --condition $labels
told 1 'data' train --resume cvae.h5 --epochs 4 --data two.h5:/images --condition $labels
told 2 'digit: expected the kind class, as cvae has it, found "values"' train --resume cvae.h5 --epochs 4 \
    --condition digit=values:/energies
told 2 'a condition of cvae, which are digit, found "run"' eval cvae.h5 --data flat.h5:/images --condition run=class

finish
