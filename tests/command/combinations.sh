#!/bin/sh
# Every variant with class conditions, with likelihoods that fit the data, and with each objective, from the command
# line: trained, saved and evaluated; and what makes no sense is refused with the reason.
#
#     SOURCE=. VAE=build/vae PYTHON=python3 tests/command/combinations.sh
#
# Ends with the line "N passed, N failed" (", N skipped") and status 0 or 1.
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"

small='--epochs 1 --batch 10 --threads 1'

# combined MODEL OBJECTIVE LIKELIHOOD ARGUMENT...: trained, given the class as well, and evaluated.
combined() {
    model=$1 objective=$2 likelihood=$3
    shift 3
    rm -f model.h5 regression.h5
    data=digits:24 class=class
    case $model in
    conv-vae-64) data=shapes:24 class=class:shape ;;
    future-*) data=motion:24 class=class:count
        set -- "$@" --condition still=image ;;
    esac
    case "$model $likelihood" in # it takes bytes as shares of 255, and these are of counts
    'conv-vae-64 poisson' | 'conv-vae-64 negative-binomial') set -- "$@" --transform raw --encoder-transform log1p ;;
    esac
    case $model in
    sohn-cvae) # its baseline is a regression of the same kind
        # shellcheck disable=SC2086
        told 0 kept train sohn-baseline --data "$data" $small --likelihood "$likelihood" --out regression.h5
        set -- "$@" --init regression.h5
        ;;
    esac
    [ "$model" = local-vi ] || set -- "$@" --encoder 'dense 8 relu, dense 8 relu, dense 8 relu'
    # shellcheck disable=SC2086
    told 0 'kept    model.h5' train "$model" --data "$data" $small --condition "digit=$class" --objective "$objective" \
        --likelihood "$likelihood" --latent 3 --out model.h5 "$@"
    split='test'
    [ "$model" != local-vi ] || split='train'
    told 0 '^nll ' eval model.h5 --data "$data" --split $split --samples 3 --threads 1
    told 0 'whole' verify model.h5
}

"$VAE" models >models.txt
while read -r model summary; do
    : "$summary"
    case $model in
    future-*) # displacements are no counts
        case $model in
        *-regressor) objectives=none ;;
        *) objectives='iwae samples=2;sampled-elbo samples=2 beta=0.5 warm-up=2' ;;
        esac
        combined "$model" "${objectives%;*}" 'gaussian sigma=each'
        combined "$model" "${objectives#*;}" 'laplace scale=network'
        ;;
    *-regressor | *-baseline)
        combined "$model" none gaussian
        combined "$model" none 'categorical 256'
        ;;
    *)
        combined "$model" 'iwae samples=2' poisson
        combined "$model" 'sampled-elbo samples=2 beta=0.5 warm-up=2' 'laplace scale=each'
        combined "$model" 'elbo samples=2 beta=2' negative-binomial
        ;;
    esac
done <models.txt
check 'all variants were there' [ "$(grep -c . models.txt)" -ge 16 ]

# shellcheck disable=SC2086
refused() { # STATUS PATTERN MODEL ARGUMENT...
    status=$1 pattern=$2
    shift 2
    told "$status" "$pattern" train "$@" --data digits:24 $small --out none.h5
}
refused 2 'vae: objective: "none" is without z: expected a condition that enters the decoder' vae --objective none
refused 1 'iwae-2: objective: .* wants the KL of each dimension of z, which a hierarchy does not give' iwae-2 \
    --objective 'elbo free-bits=0.1'
refused 2 'sohn-cvae: condition "seen": enters: the prior alone, and the prior "standard-normal" sees no' sohn-cvae \
    --prior standard-normal --prior-layers ''
refused 2 'local-vi: encoder: expected no layers beside the posterior "table"' local-vi --encoder 'dense 5'
refused 2 'sohn-cvae: condition "seen": expected a baseline' sohn-cvae
finish
