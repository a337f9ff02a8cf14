#!/bin/sh
# Inference on the command line: encode, decode, reconstruct, sample with conditions, eval --per-example; what they
# write, and one line for what is wrong, with nothing left behind.
#
#     VAE=build/vae PYTHON=python3 tests/command/infer.sh
#
# PYTHON has h5py and numpy, which make and read the files; without it all is skipped. Ends with the line
# "N passed, N failed" (", N skipped") and status 0 or 1.
set -u
case ${VAE:?expected VAE=path of the program} in
*/*) VAE=$(cd "$(dirname "$VAE")" && pwd)/$(basename "$VAE") ;;
esac
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
passed=0 failed=0

if [ -z "${PYTHON:=}" ] || ! "$PYTHON" -c 'import h5py, numpy' 2>message; then
    echo 'skipped  no python3 with h5py and numpy'
    echo '0 passed, 0 failed, 1 skipped'
    exit 0
fi

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

fail() {
    printf 'FAILED  %s: %s\n' "$name" "$1"
    sed 's/^/        /' message
    verdict=no
}

count() {
    [ $verdict = yes ] && passed=$((passed + 1)) || failed=$((failed + 1))
}

# told STATUS WORDS ARGUMENT...: runs the program; WORDS, an extended regular expression, are in what it prints, and what
# it says on standard error is one line, or none where it is well.
told() {
    status=$1 words=$2
    shift 2
    name="vae $*" verdict=yes
    "$VAE" "$@" >lines 2>message </dev/null
    found=$?
    [ $found = "$status" ] || fail "expected status $status, found $found"
    grep -Eq -e "$words" lines message || fail "expected the words \"$words\""
    [ "$(wc -l <message)" = $((status > 0)) ] || fail "expected $((status > 0)) lines of complaint"
    count
}

# refused STATUS WORDS ARGUMENT...: the same, and nothing is left behind.
refused() {
    ls -A . >before
    told "$@"
    ls -A . >after
    verdict=yes
    grep -vE '^(before|after|lines|message)$' before >before.kept
    grep -vE '^(before.kept|before|after|lines|message)$' after >after.kept
    grep -v '\.kept$' after.kept | cmp -s - before.kept || {
        fail "left behind: $(comm -13 before.kept after.kept | tr '\n' ' ')"
        failed=$((failed + 1))
    }
    rm -f before.kept after.kept before after
}

# holds WORDS...: a program of Python that asserts.
holds() {
    name="$1" verdict=yes
    "$PYTHON" -c "
import h5py, json, numpy as np
$2" >lines 2>message || fail 'does not hold'
    count
}

is_picture() { # FILE WIDTH HEIGHT
    name="$1 is $2 x $3" verdict=yes
    : >message
    [ "$(od -An -tu1 -j16 -N8 "$1" | awk '{ print $3 * 256 + $4 " " $7 * 256 + $8 }')" = "$2 $3" ] ||
        fail 'has another size'
    count
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
holds 'encode wrote mean, logvar, row and digit' '
f = h5py.File("encoded.h5")
assert sorted(f) == ["digit", "logvar", "mean", "row"], list(f)
assert f["mean"].shape == f["logvar"].shape == (20, 3)
assert list(f["row"][:]) == list(range(20))
assert f["digit"].dtype.kind == "i" and set(f["digit"][:]) <= set(range(10))
assert f.attrs["format"] == b"libvae latents" and f.attrs["split"] == b"test" and f.attrs["model"] == b"cvae"
assert all("crc32" in f[name].attrs for name in f)'

told 0 'decoded.h5: 20 rows decoded' decode cvae.h5 --latents encoded.h5 --out decoded.h5
told 0 'rows.h5: 20 rows of test' reconstruct cvae.h5 --data digits:120 --out rows.h5
holds 'decoding what was encoded is reconstructing' '
d, r, e = (h5py.File(name) for name in ("decoded.h5", "rows.h5", "encoded.h5"))
assert d["x"].shape == (20, 28, 28)
assert abs(d["x"][:] - r["reconstruction_units"][:]).max() < 1e-4
assert (d["z"][:] == e["mean"][:]).all() and (d["digit"][:] == e["digit"][:]).all()
assert d.attrs["format"] == b"libvae samples" and r.attrs["format"] == b"libvae reconstructions"
assert "mask" not in r and r["x"][:].min() >= 0 and r["x"][:].max() <= 1'
told 0 'sevens.h5: 20 rows decoded' decode cvae.h5 --latents encoded.h5:/mean --condition digit=7 --out sevens.h5
holds 'a class was given for all' '
s, d = h5py.File("sevens.h5"), h5py.File("decoded.h5")
assert (s["digit"][:] == 7).all() and abs(s["x"][:] - d["x"][:]).max() > 0'
told 0 'two.png: 2 rows decoded$' decode cvae.h5 --latents three.h5:/deep/latents --condition digit=0 --out two.png
told 0 'two.h5: 2 rows decoded$' decode cvae.h5 --latents three.h5:/deep/latents --out two.h5
told 0 'plain.h5: 2 rows decoded$' decode vae.h5 --latents z.npy --out plain.h5
told 0 'again.h5: 30 rows decoded$' decode cvae.h5 --latents encoded.h5 --out encoded.h5 || :
told 0 'ten.png: 10 rows of test$' reconstruct vae.h5 --data digits:120 --out ten.png
is_picture ten.png $((10 * 30 + 2)) 62
told 0 'more.png: 13 rows of train$' reconstruct vae.h5 --data digits:120 --split train --count 13 --out more.png
is_picture more.png $((10 * 30 + 2)) $((4 * 30 + 2))

told 0 'each.h5: figures of each example' eval cvae.h5 --data digits:120 --per-example each.h5 --samples 3
told 0 '"observed": 784,.*"per_example": "each.h5"' eval cvae.h5 --data digits:120 --per-example each.h5 --json
holds 'the means are those that are printed' '
f, told = h5py.File("each.h5"), json.load(open("lines"))
for name in "elbo", "reconstruction", "kl", "observed":
    assert abs(f[name][:].mean() - told[name]) < 1e-9, name
assert (f["elbo"][:] == f["reconstruction"][:] - f["kl"][:]).all()
assert list(f["row"][:]) == list(range(20)) and f["elbo"].dtype == np.float64
assert f.attrs["format"] == b"libvae evaluation"'

told 0 'classes.h5: 8 samples of cvae in 2 rows of 4' sample cvae.h5 --condition digit=3,5 --count 4 --out classes.h5
told 0 'five.h5: 4 samples of cvae in 1 rows of 4' sample cvae.h5 --class 5 --count 4 --out five.h5
holds 'a class alone is its row of several' '
c, f = h5py.File("classes.h5"), h5py.File("five.h5")
assert list(c["digit"][:]) == [3] * 4 + [5] * 4 and (f["digit"][:] == 5).all()
assert (c["z"][4:] == f["z"][:]).all() and abs(c["x"][4:] - f["x"][:]).max() < 1e-5'

# ---- An instrument ----

"$PYTHON" - <<'END' || exit 1
import h5py
with h5py.File("beam.h5") as f:
    print(*f)
END
beam='--data beam.h5 --x frames --mask mask --condition energy=values --condition place=values --condition run=class'
