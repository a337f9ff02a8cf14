#!/bin/sh
# How steps are taken, by the command line: what is told and kept of optimiser, schedule, clips and prior, what is
# refused, and that a model's recipe is trained by where options say nothing.
#
#     SOURCE=. VAE=build/vae INSTRUMENT=build/tests/instrument tests/command/optimizers.sh
#
# Ends with the line "N passed, N failed" (", N skipped") and status 0 or 1.
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"

tiny='--data digits:100 --latent 2 --threads 1 --batch 40'

# train_by OPTIMIZER FILE ARGUMENT...: two epochs of a small model.
train_by() {
    optimizer=$1 file=$2
    shift 2
    # shellcheck disable=SC2086
    told 0 'kept    '"$file"': 2 epochs' train vae $tiny --epochs 2 --encoder 'dense 8 relu' --decoder 'dense 8 relu' \
        --optimizer "$optimizer" --out "$file" "$@"
}

for optimizer in adam 'adamw decay=0.1' sgd 'sgd momentum=0.9' nesterov adagrad 'rmsprop rho=0.9 momentum=0.5'; do
    train_by "$optimizer" a.h5
    told 0 '  optimizer      '"$optimizer"'$' info a.h5
    told 0 '"optimizer": "'"$optimizer"'"' info a.h5 --json
    told 0 'a.h5: whole: ' verify a.h5
done

# Nothing is kept of a parameter but itself, 10 tensors; by adam three times as much.
train_by sgd a.h5
told 0 'whole: 10 tensors' verify a.h5
train_by adam a.h5
told 0 'whole: 30 tensors' verify a.h5
told 0 '  schedule       constant$' info a.h5
check 'no clips and no prior' [ "$(grep -Ec 'clip|prior  *[0-9]' stdout)" = 0 ]
told 0 '"clip_norm": null' info a.h5 --json

train_by adam a.h5 --schedule 'warm-up  epochs=1, steps 1 factor=.5' --clip-norm 5 --clip-value 0.25 --weight-prior 2
told 0 '  schedule       warm-up epochs=1, steps 1 factor=0.5$' info a.h5
told 0 '  clip norm      5$' info a.h5
told 0 '  clip value     0.25$' info a.h5
told 0 '  weight prior   2$' info a.h5
told 0 '"weight_prior": 2' info a.h5 --json
told 0 '"learning_rate": *\[ *0.001, *0.0005' info a.h5 --json
told 0 'kept    a.h5: 3 epochs' train --resume a.h5 --epochs 3
for option in '--optimizer sgd' '--schedule constant' '--clip-norm 1' '--clip-value 1' '--weight-prior 1'; do
    # shellcheck disable=SC2086
    told 2 "${option% *} cannot change with --resume" train --resume a.h5 --epochs 4 $option
done

# shellcheck disable=SC2086
{
    told 2 '--optimizer: "adan": no such optimizer; there are adam, adamw, sgd' train vae $tiny --optimizer adan --out b.h5
    told 2 '--optimizer: momentum: expected a number from 0 to 0.999999, found "1"' train vae $tiny \
        --optimizer 'sgd momentum=1' --out b.h5
    told 2 '--schedule: schedule 2: "stairs": no such schedule; there are constant, steps' train vae $tiny \
        --schedule 'constant, stairs 3' --out b.h5
    told 2 '--schedule: schedule 1: cosine: epochs is missing; it is written "cosine epochs=NUMBER \[to=NUMBER\]"' \
        train vae $tiny --schedule cosine --out b.h5
    told 2 '--clip-norm: expected a number from 0 to' train vae $tiny --clip-norm -1 --out b.h5
    told 2 '--clip-value: expected a number from 1e-09 to' train vae $tiny --clip-value 1e-10 --out b.h5
    told 2 '--weight-prior: expected a number from 0 to' train vae $tiny --weight-prior none --out b.h5
}
check 'nothing was written' [ ! -e b.h5 ]

told 0 '^  steps E1 \[E2\] \[E3\] \[E4\] \[E5\] \[E6\] \[E7\] \[E8\] factor=NUMBER' models --words
told 0 '^  rmsprop \[rho=NUMBER\] \[epsilon=NUMBER\] \[momentum=NUMBER\]' models --words

# ---- A recipe ----

if [ -z "$INSTRUMENT" ]; then
    skip 'no INSTRUMENT'
    finish
fi
# Read by program.sh.
# shellcheck disable=SC2034
VAE=$INSTRUMENT
told 0 'kept    c.h5: 3 epochs, 12 steps' train steady --data digits:100 --threads 1 --out c.h5
told 0 '  optimizer      adagrad$' info c.h5
told 0 '  learning rate  0.01$' info c.h5
told 0 '  schedule       steps 1 factor=0.5$' info c.h5
told 0 '  clip norm      100$' info c.h5
told 0 '  weight prior   1$' info c.h5
told 0 'kept    c.h5: 1 epoch, 2 steps' train steady --data digits:100 --threads 1 --epochs 1 --batch 50 \
    --optimizer adam --learning-rate 0.001 --schedule constant --clip-norm 0 --weight-prior 0 --out c.h5
told 0 '  optimizer      adam$' info c.h5
told 0 '  schedule       constant$' info c.h5
check 'options say that there is none' [ "$(grep -Ec 'clip norm|weight prior' stdout)" = 0 ]

finish
