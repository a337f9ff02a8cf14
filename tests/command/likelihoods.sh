#!/bin/sh
# Every likelihood on the command line: checked, trained, evaluated, drawn from, reconstructed, told by the file; and
# data that it cannot have, refused with row and value.
#
#     SOURCE=. VAE=build/vae tests/command/likelihoods.sh
#
# Ends with the line "N passed, N failed" (", N skipped") and status 0 or 1.
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"

# each LIKELIHOOD [OPTION …]
each() {
    likelihood=$1
    shift
    told 0 '^ok  ' check vae --data digits:30 --likelihood "$likelihood" "$@" --encoder 'dense 8 tanh' \
        --decoder 'dense 8 tanh' --latent 2 --examples 2 --threads 1
    told 0 '^kept ' train vae --data digits:60 --likelihood "$likelihood" "$@" --encoder 'dense 8 tanh' \
        --decoder 'dense 8 tanh' --latent 2 --epochs 2 --threads 1 --out made.h5
    told 0 "$likelihood" info made.h5
    told 0 'nll ' eval made.h5 --data digits:60 --samples 3 --threads 1
    told 0 '4 samples of vae' sample made.h5 --draw --count 4 --threads 1 --out drawn.h5
    told 0 '' reconstruct made.h5 --data digits:60 --threads 1 --out again.h5
}
each 'gaussian sigma=shared'
each 'gaussian sigma=each'
each 'laplace scale=0.1'
each continuous-bernoulli
each discretized-logistic
each 'categorical 2' --transform threshold
each poisson
each negative-binomial

if python_has 'h5py, numpy'; then
    "$PYTHON" - <<'END'
import h5py, numpy as np
with h5py.File("bad.h5", "w") as f:
    f["beyond"] = np.ones((9, 4), dtype=np.float32)
    f["beyond"][3, 1] = 1.5
    f["levels"] = np.full((9, 4), 255, dtype=np.int32)
    f["levels"][5, 2] = 256
    f["classes"] = np.full((9, 4), 2, dtype=np.uint8)
    f["classes"][7, 0] = 3
    f["counts"] = np.zeros((9, 4), dtype=np.int16)
    f["counts"][2, 3] = -1
    f["grey"] = (np.arange(9 * 28).reshape(9, 28) / 255).astype(np.float32)
END
    bad() {
        told 1 "$1" train vae --data bad.h5 --x "$2" --likelihood "$3" --epochs 1 --out none.h5
    }
    bad 'x: expected values from 0 to 1 for continuous-bernoulli, found 1.5 in row 3$' beyond continuous-bernoulli
    bad 'expected whole numbers from 0 to 255 for discretized-logistic, found 256 in row 5$' levels discretized-logistic
    bad 'expected whole numbers from 0 to 2 for categorical, found 3 in row 7$' classes 'categorical 3'
    bad 'expected whole numbers of at least 0 for negative-binomial, found -1 in row 2$' counts negative-binomial
    told 0 '^kept ' train vae --data bad.h5 --x grey --likelihood discretized-logistic --transform scale=255 \
        --encoder-transform raw --epochs 1 --out grey.h5
else
    skip 'no python3 with h5py and numpy'
fi
told 2 'CLASSES is missing' train vae --data digits:60 --likelihood categorical --out none.h5
told 2 'scale: expected a number from 1e-06 to 22026 or network or shared or each, found "wide"' \
    train vae --data digits:60 --likelihood 'laplace scale=wide' --out none.h5

finish
