#!/bin/sh
# What the program says of itself: --help of every command fits 100 columns, the man page tells every option of every
# command and no other, and what --json prints is one JSON object.
#
#     SOURCE=. VAE=build/vae PYTHON=python3 tests/command/help.sh
#
# PYTHON reads the JSON; without it that part is skipped. Ends with the line "N passed, N failed" (", N skipped") and
# status 0 or 1.
# Variables that are not set here are those of program.sh.
# shellcheck disable=SC2154
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"

# ---- Help, and the man page ----

commands=$("$VAE" --help | sed -n 's/^  \([a-z-]*\)  .*/\1/p')
check 'the program has commands' test -n "$commands"

sed 's/\\-/-/g' "$source/docs/vae.1" >page
tells() { # SECTION OPTION
    sed -n "/^\.SS vae $1\$/,/^\.S/p" page | grep -Eq -e "$2([^a-z-]|\$)"
}
narrow() { # FILE: no line has more than 100 letters
    ! LC_ALL=C sed 's/[\x80-\xbf]//g' "$1" | grep -n '.\{101\}'
}
: >options
for command in $commands; do
    "$VAE" "$command" --help >help
    check "$command --help: status" test $? = 0
    check "$command --help: expected at most 100 columns" narrow help
    check "$command --help: expected no space at a line's end" test -z "$(grep ' $' help)"
    check "$command: expected its line in the synopsis" grep -q "^.fBvae $command" page
    for option in $(grep -o '^  --[a-z0-9-]*' help); do
        echo "$option" >>options
        [ "$option" = --help ] || check "vae.1: vae $command: expected $option" tells "$command" "$option"
    done
done
"$VAE" --help >help
check '--help: expected at most 100 columns' narrow help
printf '%s\n' --version >>options
for option in $(grep -o -e '--[a-z][a-z-]*' page | sort -u); do
    check "vae.1: $option: no command has it" grep -Fxq -e "$option" options
done

# ---- JSON ----

if python_has json; then
    # object KEYS ARGUMENT...: one JSON object on standard output, with these keys and no others.
    object() {
        keys=$1
        shift
        "$VAE" "$@" --json >stdout 2>stderr
        check "$* --json: status" test $? = 0
        check "$* --json: expected the keys $keys" "$PYTHON" -c '
import json, sys
def unlike(name):
    raise ValueError(name)
found = json.load(open("stdout"), parse_constant=unlike)
sys.exit(list(found) != sys.argv[1].split())' "$keys"
    }
    object 'models' models
    object 'words' models --words
    object 'source digest rows split fields suggestion datasets dataset_count' data digits:60
    object 'model parameters data epochs steps elbo reconstruction kl objective validation_elbo best_epoch best_validation_elbo seconds stopped stopped_early path best_path' \
        train cvae --data digits:60 --epochs 1 --latent 2 --encoder= --decoder= --out small.h5
    figures='split examples elbo elbo_error elbo_bits reconstruction reconstruction_error kl kl_error observed nll
        nll_error nll_bits nll_samples effective_fraction effective_fraction_least prior_nll prior_nll_error
        prior_nll_bits prior_nll_samples nll_estimates prior_estimates active_units latent_size'
    object "$figures" eval small.h5 --data digits:60
    object "$figures per_example" eval small.h5 --data digits:60 --samples 2 --per-example each.h5
    object "$figures dimensions path" eval small.h5 --data digits:60 --prior-samples 2 --dimensions --out each.h5
    object 'path split rows latent_size' encode small.h5 --data digits:60 --out latents.h5
    object 'path whole tensors values epochs steps' verify small.h5
    object 'model data examples objective parameters bar worst ok' check small.h5
    object 'model parameters data examples batch steps threads precision kernels limit epochs seconds operations operations_per_second of_limit objective memory profile' \
        bench --data digits:60 --epochs 1 --threads 1
    "$VAE" info small.h5 --json >stdout
    check 'info --json: expected JSON' "$PYTHON" -c 'import json; json.load(open("stdout"))["model"]'
else
    skip 'JSON: no python3'
fi

finish
