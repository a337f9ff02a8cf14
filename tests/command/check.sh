#!/bin/sh
# vae check and vae graph on the command line: a line for each parameter and a verdict, drawings that dot takes, and one
# line for what is wrong.
#
#     SOURCE=. VAE=build/vae tests/command/check.sh
#
# PYTHON reads JSON and dot (graphviz) draws, where they are there. Ends with the line "N passed, N failed" (", N
# skipped") and status 0 or 1.
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"

# ---- vae check ----

told 0 '^ok  ' check cvae --data digits:60 --examples 2 --threads 1
check 'a line for each of 16 parameters' [ "$(grep -c ' checked  worst [0-9.]*e-' stdout)" = 16 ]
check 'below 1e-6, each' [ "$(grep -c ' checked  worst [0-9.]*e-\(0[789]\|[1-9][0-9]\)$' stdout)" = 16 ]
check 'names and shapes' grep -q '^encoder/0/weight_digit  *10 × 500  *20 checked' stdout
check 'how many examples of what' grep -q '^cvae: 2 examples of digits:60, objective 5' stdout
check 'the worst of all' grep -q '^worst   .*: .* \(at (\|in a random direction\).*: backward .*, differences' stdout

for objective in 'iwae samples=3' 'elbo samples=2 beta=3 warm-up=4 free-bits=0.01' 'sampled-elbo samples=2'; do
    told 0 '^ok  ' check vae --data digits:60 --examples 2 --threads 1 --objective "$objective" --encoder 'dense 9 relu' \
        --decoder 'dense 9 tanh' --latent 3
done
told 0 '"ok": true' check vae --data digits:60 --examples 1 --seed 3 --threads 1 --json
if python_has 'h5py, numpy'; then
    holds 'one object of JSON' <<'END'
import json
told = json.load(open("stdout"))
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
    told 0 '"mask.ninput"' graph vae --data gaps.h5 --mask seen
    vae train vae --data gaps.h5 --mask seen --epochs 1 --latent 2 --encoder '' --decoder '' --out masked.h5
    told 0 '"mask.ninput"' graph masked.h5
else
    skip 'no python3 with h5py and numpy'
fi

"$VAE" train cvae --data digits:60 --encoder 'dense 8 relu' --decoder 'dense 8 relu' --epochs 1 \
    --out small.h5 >stdout
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
cp stdout other
told 1 'other: ' check other
told 2 '"nothing-of-the-kind": no such model' check nothing-of-the-kind --data digits:60
told 1 'digits:60: expected at least 61 training rows to check by, found 60' check vae --data digits:60 --examples 61
told 2 '--examples' check vae --data digits:60 --examples 0
told 0 'Exit status 1 where one is above 1e-6' check --help

# ---- vae graph ----

for which in training encoding decoding; do
    told 0 "^digraph \"cvae: $which\" \{" graph cvae --data digits:60 --which $which
    cp stdout $which.dot
    if command -v dot >where; then
        check "dot takes $which" dot -Tpng $which.dot -o picture.png
    else
        skip 'no dot'
    fi
    : >stdout
    : >out.dot
    told 0 '' graph cvae --data digits:60 --which=$which --out out.dot
    check "$which: the same in a file" cmp out.dot $which.dot
    check "$which: nothing on standard output" [ ! -s stdout ]
done
told 0 '^digraph "cvae: training"' graph small.h5
told 0 '× 0.00392157' graph cvae --data digits:60
told 0 '^digraph "cvae: training"' graph small.h5 --data digits:60
# A drawing is replaced, and nothing else.
told 0 '' graph small.h5 --out out.dot
check 'replaced' grep -q '(784, 8)' out.dot
cp small.h5 small.dot
told 1 'expected a new name or a drawing for Graphviz to replace, found a file of another kind' \
    graph small.h5 --out small.dot
check 'kept' cmp small.dot small.h5
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

finish
