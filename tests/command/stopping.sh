#!/bin/sh
# Averaged parameters, early stopping and the best epoch, by the command line: what is told, kept and refused, where
# training ends, over a resume too, and which parameters other commands work with.
#
#     SOURCE=. VAE=build/vae SHIM=build/tests/libshim.so tests/command/stopping.sh
#
# Ends with the line "N passed, N failed" (", N skipped") and status 0 or 1.
# Variables that are not set here are those of program.sh.
# shellcheck disable=SC2154
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"

# A model that soon knows 50 rows by heart.
small='vae --data digits:90 --validation 40 --batch 20 --learning-rate 0.03 --latent 4 --threads 1'

# small_train ARGUMENT...
small_train() {
    # One word an argument.
    # shellcheck disable=SC2086
    vae train $small --encoder 'dense 100 relu' --decoder 'dense 100 relu' "$@"
}

# ---- The average ----

# shellcheck disable=SC2086
{
    told 0 'kept    a.h5: 3 epochs' train $small --epochs 3 --average 0.9 --out a.h5
    told 0 'kept    none.h5: 3 epochs' train $small --epochs 3 --out none.h5
}
same a.h5 none.h5
told 0 '^  average        0.9$' info a.h5
told 0 '"average": 0.9' info a.h5 --json
told 0 '"average": null' info none.h5 --json
told 0 'a.h5: whole: 40 tensors' verify a.h5
told 0 'none.h5: whole: 30 tensors' verify none.h5

# elbo_of FILE ARGUMENT...: of the validation rows.
elbo_of() {
    vae eval "$@" --data digits:90 --split validation
    sed -n 's/^elbo *\([-0-9.]*\).*/\1/p' stdout
}
average=$(elbo_of a.h5)
check 'the average is what is evaluated' [ "$average" = "$(elbo_of a.h5 --weights average)" ]
check 'parameters of the last step are others' [ "$average" != "$(elbo_of a.h5 --weights last)" ]
check 'they are those of a run without it' [ "$(elbo_of a.h5 --weights last)" = "$(elbo_of none.h5)" ]
vae info a.h5
check 'the history has the average' grep -q -- " $average " stdout

for weights in last average; do
    does sample a.h5 --count 3 --out $weights.h5 --weights $weights
    does encode a.h5 --data digits:90 --split test --out codes-$weights.h5 --weights $weights
    does reconstruct a.h5 --data digits:90 --split test --out pairs-$weights.h5 --weights $weights
    does decode a.h5 --latents codes-last.h5 --out x-$weights.h5 --weights $weights
    does manifold a.h5 --grid 3 --out plane-$weights.h5 --weights $weights
    does traverse a.h5 --steps 3 --out along-$weights.h5 --weights $weights
done
does sample a.h5 --count 3 --out usual.h5
same usual.h5 average.h5 /x
for pair in 'last.h5 average.h5 /x' 'codes-last.h5 codes-average.h5 /mean' 'x-last.h5 x-average.h5 /x' \
    'plane-last.h5 plane-average.h5 /x' 'along-last.h5 along-average.h5 /x' \
    'pairs-last.h5 pairs-average.h5 /reconstruction'; do
    # shellcheck disable=SC2086
    check "they differ: $pair" sh -c '! h5diff -q $*' sh $pair
done

told 1 'none.h5: expected averaged parameters, found none; train --average keeps them' \
    sample none.h5 --count 3 --out none-samples.h5 --weights average
does sample none.h5 --count 3 --out none-samples.h5 --weights last
told 2 '--weights: expected last or average, found "best"' sample a.h5 --count 3 --out b.h5 --weights best

# Another training starts from the average; with a step of almost nothing it stays there.
# shellcheck disable=SC2086
told 0 'init    a.h5: 10 of 10 tensors' train --init a.h5 --data digits:90 --validation 40 --learning-rate 1e-12 \
    --epochs 1 --threads 1 --out started.h5
check 'it begins with the average' [ "$average" = "$(elbo_of started.h5)" ]

does train --resume a.h5 --epochs 5
told 2 '--average cannot change with --resume' train --resume a.h5 --epochs 6 --average 0.5
# shellcheck disable=SC2086
{
    told 2 '--average: expected a number from 0 to 0.999999, found "1"' train $small --average 1 --out b.h5
    told 2 '--average: expected a number from 0 to 0.999999, found "-0.5"' train $small --average -0.5 --out b.h5
    told 2 '--average: expected a number from 1e-09 to 0.999999' train $small --average 1e-12 --out b.h5
}
check 'nothing was written' [ ! -e b.h5 ]

# ---- Where it ends ----

# ended_early FILE: it says so in the last run; the epochs are in $stopped, $epoch and $elbo are of the best one.
ended_early() {
    check "$1: stopped early, with status 0" [ "$found" = 0 ]
    line=$(grep '^stopped early: ' stdout)
    epoch=$(echo "$line" | sed -n 's/^stopped early: best epoch \([0-9]*\) of [0-9]*, validation elbo -[0-9.]*$/\1/p')
    stopped=$(echo "$line" | sed -n 's/.* of \([0-9]*\), .*/\1/p')
    elbo=$(echo "$line" | sed 's/.* //')
    check "$1: \"$line\"" [ "$stopped" = $((${epoch:-0} + 3)) ]
    check "$1: nothing else is told" [ "$(wc -l <stderr)" = 0 ]
}

small_train --epochs 60 --early-stop 3 --best best.h5 --out whole.h5
ended_early whole.h5
check 'the line of that epoch' grep -q "^epoch $epoch/60 .* validation elbo $elbo " stdout
check 'the best epoch is kept' grep -q "^best    best.h5: epoch $epoch, validation elbo $elbo\$" stdout
check 'the end is kept' grep -q "^kept    whole.h5: $stopped epochs" stdout
told 0 "best.h5: whole: .* $epoch epochs," verify best.h5
told 0 "whole.h5: whole: .* $stopped epochs," verify whole.h5
check 'of the best epoch' [ "$elbo" = "$(printf %.2f "$(elbo_of best.h5)")" ]
small_train --epochs "$epoch" --out until.h5
same best.h5 until.h5

# Nothing is left to do; but more patience, or none, goes on.
vae train --resume whole.h5 --early-stop 3 --json
check 'stopped early already' grep -q '"stopped_early": true' stdout
check 'the best epoch, as JSON' grep -q "\"best_epoch\": $epoch," stdout
check 'no epoch more' grep -q "\"epochs\": $stopped," stdout
told 0 "^stopped early: best epoch $epoch of $stopped" train --resume whole.h5 --early-stop 3 --out copy.h5
same whole.h5 copy.h5
told 0 "^best    epoch $epoch, validation elbo $elbo: none of this run's is better" train --resume whole.h5 \
    --early-stop 3 --out copy.h5 --best other.h5
check 'no best epoch is kept' [ ! -e other.h5 ]
told 0 "kept    whole.h5: $((stopped + 1)) epochs" train --resume whole.h5 --epochs $((stopped + 1))

# In two runs, as in one.
small_train --epochs $((epoch + 1)) --best parts-best.h5 --out parts.h5
told 0 "stopped early: best epoch $epoch of $stopped, " train --resume parts.h5 --epochs 60 --early-stop 3 \
    --best parts-best.h5
same parts.h5 copy.h5
same parts-best.h5 best.h5

# ---- What is refused ----

none='vae --data digits:50 --threads 1 --epochs 1 --out b.h5'
# shellcheck disable=SC2086
{
    told 2 'early stopping: expected validation rows to compare epochs by, found none' train $none --early-stop 2
    told 2 'keeping the best epoch: expected validation rows to compare epochs by, found none' train $none --best c.h5
    told 2 '--early-stop: expected a whole number from 0 to' train $small --early-stop few --out b.h5
    told 2 'expected a file for the best epoch that is not that of the checkpoint, found the same' \
        train $small --best ./b.h5 --out b.h5
    echo text >text.h5
    told 1 '--best text.h5: expected a new name or a libvae checkpoint to replace' train $small --best text.h5 --out b.h5
    told 1 '--best nowhere/c.h5: the folder nowhere: No such file' train $small --best nowhere/c.h5 --out b.h5
}
check 'nothing was written' [ ! -e b.h5 ]
check 'nor replaced' [ "$(cat text.h5)" = text ]

# ---- What cannot be written ----

need_shim
small_train --epochs 1 --out one.h5
mkdir kept

# again VARIABLE=VALUE: the second and the third epoch, both better than those before.
again() {
    rm -f kept/*
    shimmed VAE_SHIM_MATCH=kept "$@" train --resume one.h5 --epochs 3 --out three.h5 --best kept/best.h5
    cp stderr told
    cp stdout out
}

# kept_epoch N: complains unless the file of the best epoch is whole, of that one, and alone.
kept_epoch() {
    vae verify kept/best.h5
    grep -q " $1 epochs," stdout || complain "the best is not of epoch $1: $(cat stdout)"
    [ "$(ls -A kept)" = best.h5 ] || complain "left behind: $(ls -A kept)"
}

rm -f log
again VAE_SHIM_LOG="$PWD/log"
about 'the best of three epochs'
[ "$found" = 0 ] || complain "expected status 0, found $found"
grep -q '^best    kept/best.h5: epoch 3, ' out || complain "unexpected words: $(cat out)"
kept_epoch 3
count
# Numbers of the calls that put the new file into its place.
renames=$(awk -F '\t' '$3 ~ /^rename/ && $2 { print $2 }' log)
check 'as many files as epochs' [ "$(echo "$renames" | wc -l)" = 2 ]
second=$(echo "$renames" | head -n 1)
third=$(echo "$renames" | tail -n 1)

about 'the second is not kept, the third is'
again VAE_SHIM_FAIL="$second:EACCES"
[ "$found" = 0 ] || complain "expected status 0, found $found"
grep -q '^vae train: kept/best.h5: cannot put .*; epoch 2, the best so far, is not kept; training goes on$' told ||
    complain "unexpected words: $(cat told)"
[ "$(wc -l <told)" = 1 ] || complain "more words: $(cat told)"
kept_epoch 3
count

about 'the third is not kept'
again VAE_SHIM_FAIL="$third:EACCES"
[ "$found" = 1 ] || complain "expected status 1, found $found"
grep -q '^vae train: kept/best.h5: cannot put .*; the best epoch is not kept$' told ||
    complain "unexpected words: $(cat told)"
[ "$(wc -l <told)" = 1 ] || complain "more words: $(cat told)"
grep -q '^kept    three.h5: 3 epochs' out || complain "the latest is not kept: $(cat out)"
kept_epoch 2
count

about 'the second is written, but not for certain'
again VAE_SHIM_FAIL="$((second + 1)):EIO"
[ "$found" = 0 ] || complain "expected status 0, found $found"
grep -q 'is written, but .*; epoch 2, the best so far, is kept; training goes on$' told ||
    complain "unexpected words: $(cat told)"
kept_epoch 3
count

finish
