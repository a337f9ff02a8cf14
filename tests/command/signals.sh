#!/bin/sh
# A signal stops training after saving, with status 3, and resuming then gives the same bits as never stopping.
#
#     VAE=build/vae tests/command/signals.sh
#
# Compares by h5diff (hdf5-tools). Ends with "N passed, N failed" and status 0 or 1.
set -u
case ${VAE:?expected VAE=path of the program} in
*/*) VAE=$(cd "$(dirname "$VAE")" && pwd)/$(basename "$VAE") ;;
esac
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
passed=0 failed=0

check() { # WHAT COMMAND...
    what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        printf 'FAILED  %s\n' "$what"
        failed=$((failed + 1))
    fi
}

settings='vae --data digits:2000 --seed 2 --batch 16 --latent 3'
small='dense 16 relu'

for signal in INT TERM; do
    : >lines
    : >message
    # Far more epochs than there is time for; the signal comes when the first one is kept.
    # A shell has its jobs in the background ignore interrupts, and what is ignored stays so.
    env --default-signal "$VAE" train $settings --encoder "$small" --decoder "$small" --epochs 1000000 \
        --out stopped.h5 >lines 2>message &
    child=$!
    tries=0
    while ! grep -q '^epoch 1/' lines && [ $tries -lt 600 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    kill -s $signal $child
    wait $child
    status=$?
    check "$signal: expected status 3, found $status" [ $status = 3 ]
    check "$signal: one line that says so" grep -q 'stopped by a signal, saved at step' message
    check "$signal: nothing beside the checkpoint" [ "$(ls -A | tr '\n' ' ')" = 'lines message stopped.h5 ' ]
    epochs=$("$VAE" info stopped.h5 --json | sed 's/.*"epoch": \([0-9]*\), "step".*/\1/')
    epochs=$((epochs + 1))
    "$VAE" train --resume stopped.h5 --epochs $epochs >lines 2>message
    check "$signal: resumed" [ $? = 0 ]
    "$VAE" train $settings --encoder "$small" --decoder "$small" --epochs $epochs --out whole.h5 >lines 2>message
    for group in /parameters /optimizer; do
        check "$signal: $group as if it had not stopped" h5diff stopped.h5 whole.h5 $group
    done
    rm -f stopped.h5 whole.h5
done

# Begun with interrupts ignored, as in the background, it goes on.
if env --ignore-signal=INT true 2>lines; then
    : >lines
    env --ignore-signal=INT "$VAE" train $settings --encoder "$small" --decoder "$small" --epochs 1000000 \
        --out ignoring.h5 >lines 2>message &
    child=$!
    while ! grep -q '^epoch 1/' lines; do sleep 0.1; done
    kill -s INT $child
    count=$(wc -l <lines)
    tries=0
    while [ "$(wc -l <lines)" -lt $((count + 3)) ] && [ $tries -lt 300 ] && kill -0 $child; do
        sleep 0.1
        tries=$((tries + 1))
    done
    check 'an interrupt that was ignored stays so' kill -s TERM $child
    wait $child
    check 'and it stops at another signal' [ $? = 3 ]
fi

printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ]
