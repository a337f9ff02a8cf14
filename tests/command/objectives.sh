#!/bin/sh
# Objectives on the command line: what is told of them while they are trained, what the file keeps, and that evaluation
# means the same under each.
#
#     SOURCE=. VAE=build/vae PYTHON=python3 tests/command/objectives.sh
#
# PYTHON has h5py and numpy; without it some is skipped. Ends with the line "N passed, N failed" (", N skipped") and
# status 0 or 1.
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"

# trained OBJECTIVE FILE ARGUMENT...: two epochs of a small model.
trained() {
    objective=$1 file=$2
    shift 2
    told 0 'kept    '"$file"': 2 epochs' train cvae --data digits:120 --epochs 2 --batch 50 --threads 1 --latent 3 \
        --encoder 'dense 16 relu' --decoder 'dense 16 relu' --objective "$objective" --out "$file" "$@"
}

trained 'elbo  samples=1' plain.h5
check 'the elbo is told once' [ "$(grep -c 'objective' stdout)" = 0 ]
trained 'iwae samples=4' iwae.h5
check 'an objective of its own is told in each epoch' \
    [ "$(grep -c '^epoch [12]/2  elbo -.*  kl .*  objective -[0-9.]*  ' stdout)" = 2 ]
told 0 'objective  *iwae samples=4$' info iwae.h5
trained 'elbo beta=0.5 warm-up=1.5' rising.h5 --validation 20
check 'beside the validation' grep -q '  objective -[0-9.]*  validation elbo -' stdout

told 0 'kept    iwae.h5: 3 epochs' train --resume iwae.h5 --epochs 3
told 0 '"objective": "iwae samples=4"' info iwae.h5 --json
told 2 'cannot change' train --resume iwae.h5 --epochs 4 --objective elbo
told 2 'vae: objective: iwae: samples is missing; it is written "iwae samples=COUNT"' train vae --data digits:60 \
    --objective iwae --out none.h5
told 0 '^  elbo \[samples=COUNT\] \[beta=NUMBER\] \[warm-up=NUMBER\] ' models --words

if python_has 'h5py, numpy'; then
    "$VAE" train vae --data digits:120 --epochs 1 --latent 3 --objective 'elbo beta=3' --out beta.h5 --json \
        >beta.json 2>stderr
    "$VAE" train vae --data digits:120 --epochs 1 --latent 3 --out elbo.h5 --json >elbo.json 2>stderr
    holds 'history and JSON have it where it is not the elbo' <<'END'
import h5py, json
def history(name):
    with h5py.File(name) as f:
        return {key: f["history/train"][key][()] for key in f["history/train"]}
assert "objective" not in history("plain.h5") and "objective" not in history("elbo.h5")
assert len(history("iwae.h5")["objective"]) == 3
told, figures = json.load(open("beta.json")), history("beta.h5")
expected = figures["reconstruction"] - 3 * figures["kl"]
assert abs(figures["objective"] - expected) < 1e-4 * abs(expected), figures
assert told["objective"] == figures["objective"][-1] and told["elbo"] == figures["elbo"][-1], told
assert abs(told["elbo"] - (told["reconstruction"] - told["kl"])) < 1e-6, told
plain = json.load(open("elbo.json"))
assert plain["objective"] == plain["elbo"], plain
END
    # The same parameters under two names of what they were trained for.
    cp beta.h5 same.h5
    "$PYTHON" - <<'END'
import h5py, numpy as np
with h5py.File("same.h5", "r+") as f:
    f["model"].attrs["objective"] = np.bytes_("iwae samples=7")
END
    "$VAE" eval beta.h5 --data digits:120 --samples 3 --json >beta.json
    "$VAE" eval same.h5 --data digits:120 --samples 3 --json >same.json
    holds 'evaluation knows of no objective' <<'END'
import json
a, b = json.load(open("beta.json")), json.load(open("same.json"))
assert a["elbo"] < 0 and all(a[key] == b[key] for key in ("elbo", "reconstruction", "kl", "nll")), (a, b)
END
else
    skip 'no python with h5py'
fi
finish
