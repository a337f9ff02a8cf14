#!/bin/sh
# What signals and refused writes do to `vae train`: it stops after saving, saves and goes on, ends at once, goes on
# without a checkpoint that cannot be written, and says so each time in one line. That nothing of it costs a bit is
# resume.sh's.
#
#     SOURCE=. VAE=build/vae tests/command/signals.sh
#
# Ends with "N passed, N failed" and status 0 or 1.
# Variables that are not set here are those of program.sh.
# shellcheck disable=SC2154
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"
. "$source/tests/command/background.sh"

# ---- Stopping ----

for signal in INT TERM; do
    begin $settings $tiny --out stopped.h5
    wait_for '^epoch 1/' stdout
    ends $signal 3
    check "$signal: one line that says so" grep -q 'stopped by a signal, saved at step' stderr
    check "$signal: and no other" [ "$(wc -l <stderr)" = 1 ]
    check "$signal: nothing beside the checkpoint" [ "$(ls -A | tr '\n' ' ')" = 'stderr stdout stopped.h5 ' ]
    check "$signal: the step that it tells is that of the file" \
        [ "$(sed 's/.*saved at step \([0-9]*\);.*/\1/' stderr)" = "$(step_of stopped.h5)" ]
    rm -f stopped.h5
done

# A step that takes far longer than the second signal: the first one waits for it, the second one does not.
for ending in INT:130 TERM:143; do
    signal=${ending%:*}
    begin cvae --data digits:2000 --batch 2000 --encoder 'dense 2000 relu, dense 2000 relu' --decoder 'dense 2000 relu' \
        --kernels generic --threads 1 --out ended.h5
    wait_for '^data ' stdout
    sleep 0.2
    kill -s $signal $child
    sleep 0.3
    check "$signal: the step under way is not cut off" kill -0 $child
    kill -s $signal $child
    ended ${ending#*:}
    check "$signal twice: nothing was written" [ "$(ls -A | tr '\n' ' ')" = 'stderr stdout ' ]
done

# Begun with interrupts ignored, as in the background, it goes on.
if env --ignore-signal=INT true 2>stderr; then
    : >stdout
    env --ignore-signal=INT "$VAE" train $settings $tiny --epochs 1000000 --out ignoring.h5 >stdout 2>stderr &
    child=$!
    wait_for '^epoch 1/' stdout
    kill -s INT $child
    count=$(wc -l <stdout)
    wait_for '^epoch ' stdout $((count + 1))
    check 'an interrupt that was ignored stays so' kill -0 $child
    ends TERM 3
fi
rm -f ignoring.h5

# ---- Saving and going on ----

begin $settings $tiny --out asked.h5 --checkpoint-every 1000000epochs
wait_for '^epoch 1/' stdout
check 'USR1: no checkpoint before it' [ ! -e asked.h5 ]
for turn in 1 2; do
    kill -s USR1 $child
    wait_for 'saved at step' stderr $turn
    check "USR1: one line each time ($turn)" [ "$(wc -l <stderr)" = $turn ]
    check 'USR1: what it says' grep -q '^vae train: saved at step [0-9]*, asked by a signal$' stderr
    check 'USR1: the checkpoint is of that step' \
        [ "$(sed -n "${turn}s/.*at step \([0-9]*\),.*/\1/p" stderr)" = "$(step_of asked.h5)" ]
done
count=$(grep -c '^epoch ' stdout)
wait_for '^epoch ' stdout $((count + 2))
check 'USR1: training goes on' kill -0 $child
ends TERM 3
rm -f asked.h5

# While data is read there is nothing to save: it does not end the program, and the first step is kept.
begin cvae --data digits:30000 $tiny --out early.h5 --checkpoint-every 1000000epochs
sleep 0.1
kill -s USR1 $child
wait_for 'saved at step' stderr
check 'USR1 before training: it is kept for the first step' kill -0 $child
ends TERM 3
rm -f early.h5

# ---- A checkpoint that cannot be written ----

mkdir there
begin $settings $tiny --out there/a.h5 --checkpoint-every 1epoch
wait_for '^epoch 1/' stdout
mv there elsewhere
wait_for 'training goes on' stderr
check 'a failed save: one line that says so' grep -Eq \
    '^vae train: there/a.h5: .*No such file or directory; the checkpoint of step [0-9]+ stays in there/a.h5; training goes on$' stderr
check 'a failed save: the earlier checkpoint is whole' \
    [ "$(sed -n '1s/.*of step \([0-9]*\) stays.*/\1/p' stderr)" = "$(step_of elsewhere/a.h5)" ]
mv elsewhere there
kill -s USR1 $child
wait_for 'saved at step' stderr
check 'a failed save: the next one is written' kill -0 $child
mv there elsewhere
kill -s TERM $child
ended 1
check 'a failed save at the stop: the last line says so' sh -c \
    'tail -n 1 stderr | grep -Eq "^vae train: there/a.h5: .*; the checkpoint of step [0-9]+ stays in there/a.h5\$"'
check 'a failed save at the stop: the earlier checkpoint is whole' \
    [ "$(sed -n '$s/.*of step \([0-9]*\) stays.*/\1/p' stderr)" = "$(step_of elsewhere/a.h5)" ]
rm -rf elsewhere

# A limit on the size of files is an error like any other, and no signal: from the beginning, and with a checkpoint there.
small() { # ARGUMENT...
    (ulimit -f 100 && exec "$VAE" train "$@" >stdout 2>stderr)
    found=$?
}
about 'a limit on the size of files: status 1, one line an epoch'
small $settings $tiny --epochs 2 --out big.h5
[ $found = 1 ] || complain "expected status 1, found $found"
[ "$(wc -l <stderr)" = 2 ] || complain 'expected 2 lines'
grep -q 'big.h5: cannot write: File too large: it has [0-9]* bytes, and files may have 51200 (the limit of ulimit -f); there is no checkpoint of this run yet; training goes on$' stderr ||
    complain 'expected a line that goes on'
grep -q 'big.h5: cannot write: File too large: it has .*; there is no checkpoint of this run yet$' stderr ||
    complain 'expected a last line'
[ ! -e big.h5 ] || complain 'expected no file'
grep -q '^epoch 2/2 ' stdout || complain 'expected the last epoch to be told'
count

does train $settings $tiny --epochs 1 --out big.h5
cp big.h5 before.h5
about 'a limit on the size of files: the earlier checkpoint stays'
small --resume big.h5 --epochs 2
[ $found = 1 ] || complain "expected status 1, found $found"
grep -Eq '^vae train: big.h5: cannot write: File too large: it has .*; the checkpoint of step 125 stays in big.h5$' stderr ||
    complain 'expected a line that tells its step'
cmp big.h5 before.h5 || complain 'expected the same file'
count
check 'a limit on the size of files: nothing else is left' [ "$(ls -A | tr '\n' ' ')" = 'before.h5 big.h5 stderr stdout ' ]

# ---- How often ----

for every in '5 apples' 5 0steps 1.5steps 5e3s -5s 5m s . 99999999999999999999steps; do
    told 2 "^vae train: --checkpoint-every: expected a number above 0 of steps, s or epochs, such as 500steps, found \"$every\"\$" \
        train $settings $tiny --out never.h5 --checkpoint-every "$every"
done
told 2 'found an empty text$' train $settings $tiny --out never.h5 --checkpoint-every ''
check 'what is refused is not begun' [ ! -e never.h5 ]
for every in 50steps 1step 0.001s 60s 1epoch 2epochs 99999999999steps; do
    told 0 '^kept    often.h5: 1 epoch, 125 steps$' train $settings $tiny --epochs 1 --out often.h5 --checkpoint-every "$every"
done
told 0 '^kept    often.h5: 2 epochs, 250 steps$' train --resume often.h5 --epochs 2 --checkpoint-every 10steps

finish
