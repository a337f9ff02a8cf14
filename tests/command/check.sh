#!/bin/sh
# vae check and vae graph on the command line: a line for each parameter and a verdict, drawings that dot takes, and one
# line for what is wrong.
#
#     VAE=build/vae tests/command/check.sh
#
# PYTHON reads JSON and dot (graphviz) draws, where they are there. Ends with the line "N passed, N failed" (", N
# skipped") and status 0 or 1.
set -u
LC_ALL=C.UTF-8
export LC_ALL
case ${VAE:?expected VAE=path of the program} in
*/*) VAE=$(cd "$(dirname "$VAE")" && pwd)/$(basename "$VAE") ;;
esac
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
passed=0 failed=0 skipped=0

# told STATUS WORDS ARGUMENT...: runs the program; WORDS, an extended regular expression, are in what it prints, and
# what is refused is refused in one line.
told() {
    status=$1 words=$2
    shift 2
    "$VAE" "$@" >lines 2>message </dev/null
    found=$?
    verdict=yes
    [ $found = "$status" ] || verdict="expected status $status, found $found"
    [ -z "$words" ] || cat lines message | grep -Eq -e "$words" || verdict="expected the words \"$words\""
    [ "$status" = 0 ] || [ "$(wc -l <message)" = 1 ] || verdict="expected one line on standard error"
    if [ "$verdict" = yes ]; then
        passed=$((passed + 1))
    else
        printf 'FAILED  vae %s: %s\n' "$*" "$verdict"
        sed 's/^/        /' message lines
        failed=$((failed + 1))
    fi
}

# holds WHAT COMMAND...: of what was printed last
holds() {
    what=$1
    shift
    if "$@" >found 2>&1; then
        passed=$((passed + 1))
    else
        printf 'FAILED  %s\n' "$what"
        sed 's/^/        /' found
        failed=$((failed + 1))
    fi
}

# ---- vae check ----

told 0 '^ok  ' check cvae --data digits:60 --examples 2 --threads 1
holds 'a line for each of 16 parameters' [ "$(grep -c ' checked  worst [0-9.]*e-' lines)" = 16 ]
holds 'below 1e-6, each' [ "$(grep -c ' checked  worst [0-9.]*e-\(0[789]\|[1-9][0-9]\)$' lines)" = 16 ]
holds 'names and shapes' grep -q '^encoder/0/weight_digit  *10 × 500  *20 checked' lines
holds 'how many examples of what' grep -q '^cvae: 2 examples of digits:60, objective 5' lines
holds 'the worst of all' grep -q '^worst   .*: .* \(at (\|in a random direction\).*: backward .*, differences' lines

told 0 '"ok": true' check vae --data digits:60 --examples 1 --seed 3 --threads 1 --json
if [ -n "${PYTHON:=}" ]; then
    holds 'one object of JSON' "$PYTHON" - <<'END'
import json
told = json.load(open("lines"))
assert told["model"] == "vae" and told["data"] == "digits:60" and told["examples"] == 1, told
assert told["bar"] == 1e-6 and told["worst"] < 1e-6 and told["ok"] is True, told
assert len(told["parameters"]) == 10, told
first = told["parameters"][0]
assert first["name"] == "encoder/0/weight" and first["shape"] == [784, 400], first
assert first["checked"] == 20 and first["direction"] is True and first["error"] <= told["worst"], first
assert max(row["error"] for row in told["parameters"]) == told["worst"], told
END
    "$PYTHON" - <<'END'
import h5py, numpy as np
draws = np.random.default_rng(0)
with h5py.File("gaps.h5", "w") as f:
    f["x"], f["energy"] = draws.random((9, 12), dtype=np.float32), draws.random((9, 2))
    f["seen"] = draws.integers(0, 2, (9, 12))
END
    told 0 '^ok  ' check vae --data gaps.h5 --mask seen --threads 1
    told 0 '\(rows, 12\)' graph vae --data gaps.h5 --mask seen
else
    echo 'skipped  no python3'
    skipped=$((skipped + 1))
fi

"$VAE" train cvae --data digits:60 --encoder 'dense 8 relu' --decoder 'dense 8 relu' --epochs 1 \
    --out small.h5 >lines
told 0 '^cvae: 8 examples of digits:60, ' check small.h5 --threads 1
told 0 '^cvae: 2 examples of digits:30, ' check small.h5 --data digits:30 --examples 2 --threads 1

# What a variant declares may be changed, as in training; what a checkpoint does not.
told 0 '^ok  ' check vae --data digits:60 --likelihood 'gaussian sigma=0.5' --encoder 'dense 8 tanh' --decoder 'dense 8' \
    --latent 2 --threads 1 --examples 2
told 0 'affine.nencoder/0' graph vae --data digits:60 --encoder 'dense 8 tanh' --latent 3
told 2 'encoder: layer 1: "dens": no such layer' check vae --data digits:60 --encoder 'dens 8'
told 2 '--latent: expected a variant beside it, found the checkpoint small.h5, which declares' check small.h5 --latent 3
told 2 '--likelihood: expected a variant beside it' graph small.h5 --likelihood poisson
told 2 'expected MODEL\|FILE.h5' check
told 2 '^vae check: expected --data SRC, found none' check cvae
told 2 '"cva": no such model; did you mean cvae\?' check cva --data digits:60
told 1 'nowhere.h5: cannot open' check nowhere.h5
cp lines other
told 1 'other: ' check other
told 2 '"nothing-of-the-kind": no such model' check nothing-of-the-kind --data digits:60
told 1 'digits:60: expected at least 61 training rows to check by, found 60' check vae --data digits:60 --examples 61
told 2 '--examples' check vae --data digits:60 --examples 0
told 0 'Exit status 1 where one is above 1e-6' check --help

# ---- vae graph ----

for which in training encoding decoding; do
    told 0 "^digraph \"cvae: $which\" \{" graph cvae --data digits:60 --which $which
    cp lines $which.dot
    if command -v dot >found; then
        holds "dot takes $which" dot -Tpng $which.dot -o picture.png
    else
        echo 'skipped  no dot'
        skipped=$((skipped + 1))
    fi
    : >lines
    : >out.dot
    told 0 '' graph cvae --data digits:60 --which=$which --out out.dot
    holds "$which: the same in a file" cmp out.dot $which.dot
    holds "$which: nothing on standard output" [ ! -s lines ]
done
told 0 '^digraph "cvae: training"' graph small.h5
told 0 '× 0.00392157' graph cvae --data digits:60
told 0 '^digraph "cvae: training"' graph small.h5 --data digits:60
# A drawing is replaced, and nothing else.
told 0 '' graph small.h5 --out out.dot
holds 'replaced' grep -q '(784, 8)' out.dot
cp small.h5 small.dot
told 1 'expected a new name or a drawing for Graphviz to replace, found a file of another kind' \
    graph small.h5 --out small.dot
holds 'kept' cmp small.dot small.h5
told 2 '--out small.png: expected a name that ends in .dot or .gv' graph small.h5 --out small.png
told 1 'the folder ./*nowhere|nowhere' graph small.h5 --out nowhere/out.dot
told 2 '--which: expected one of training, encoding, decoding, found "trainin"' graph vae --which trainin
told 1 'x: expected a shape.*--data brings what a variant leaves open' graph vae
told 2 'no such model; did you mean vae\?' graph vaee
told 2 '--x: expected --data SRC beside it, found none' graph small.h5 --x nowhere
told 2 '--mask: expected --data SRC beside it, found none' graph small.h5 --mask nowhere
told 2 '--condition: expected --data SRC beside it, found none' graph cvae --condition digit=class
told 2 '--allow-external: expected --data SRC beside it' graph small.h5 --allow-external
told 1 'nowhere.h5: cannot open' graph nowhere.h5

printf '%d passed, %d failed' $passed $failed
[ $skipped = 0 ] && echo || echo ", $skipped skipped"
[ $failed = 0 ] && [ $passed != 0 ]
