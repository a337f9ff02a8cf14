#!/bin/sh
# A signal stops training after saving, with status 3, and resuming then gives the same bits as never stopping.
#
#     SOURCE=. VAE=build/vae tests/command/signals.sh
#
# Compares by h5diff (hdf5-tools). Ends with "N passed, N failed" and status 0 or 1.
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"

settings='vae --data digits:2000 --seed 2 --batch 16 --latent 3'
small='dense 16 relu'

for signal in INT TERM; do
    : >stdout
    # Far more epochs than there is time for; the signal comes when the first one is kept.
    # A shell has its jobs in the background ignore interrupts, and what is ignored stays so.
    env --default-signal "$VAE" train $settings --encoder "$small" --decoder "$small" --epochs 1000000 \
        --out stopped.h5 >stdout 2>stderr &
    child=$!
    tries=0
    while ! grep -q '^epoch 1/' stdout && [ $tries -lt 600 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    kill -s $signal $child
    wait $child
    status=$?
    check "$signal: expected status 3, found $status" [ $status = 3 ]
    check "$signal: one line that says so" grep -q 'stopped by a signal, saved at step' stderr
    check "$signal: nothing beside the checkpoint" [ "$(ls -A | tr '\n' ' ')" = 'stderr stdout stopped.h5 ' ]
    epochs=$("$VAE" info stopped.h5 --json | sed 's/.*"epoch": \([0-9]*\), "step".*/\1/')
    epochs=$((epochs + 1))
    "$VAE" train --resume stopped.h5 --epochs $epochs >stdout 2>stderr
    check "$signal: resumed" [ $? = 0 ]
    "$VAE" train $settings --encoder "$small" --decoder "$small" --epochs $epochs --out whole.h5 >stdout 2>stderr
    for group in /parameters /optimizer; do
        check "$signal: $group as if it had not stopped" h5diff stopped.h5 whole.h5 $group
    done
    rm -f stopped.h5 whole.h5
done

# Begun with interrupts ignored, as in the background, it goes on.
if env --ignore-signal=INT true 2>stderr; then
    : >stdout
    env --ignore-signal=INT "$VAE" train $settings --encoder "$small" --decoder "$small" --epochs 1000000 \
        --out ignoring.h5 >stdout 2>stderr &
    child=$!
    while ! grep -q '^epoch 1/' stdout; do sleep 0.1; done
    kill -s INT $child
    count=$(wc -l <stdout)
    tries=0
    while [ "$(wc -l <stdout)" -lt $((count + 3)) ] && [ $tries -lt 300 ] && kill -0 $child; do
        sleep 0.1
        tries=$((tries + 1))
    done
    check 'an interrupt that was ignored stays so' kill -s TERM $child
    wait $child
    check 'and it stops at another signal' [ $? = 3 ]
fi

finish
