#!/bin/sh
# A checkpoint of `vae train` goes on as if the run had never ended: stopped by a signal, kept because a signal asked for
# it, kept every so many steps and ended by force. The files are compared by h5diff (hdf5-tools): all that is trained,
# and all that was told but the seconds.
#
#     SOURCE=. VAE=build/vae tests/command/resume.sh
#
# Ends with "N passed, N failed" and status 0 or 1.
# Variables that are not set here are those of program.sh.
# shellcheck disable=SC2154
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"
. "$source/tests/command/background.sh"

# same_history FILE OTHER: every column but the seconds; of the steps, which keep a list of places in their file, the values.
same_history() {
    columns=$(h5ls -r "$1/history" | sed -n 's/^\(\/[a-z/_]*\) *Dataset.*/\1/p')
    check "$1: a history of $(echo "$columns" | wc -l) columns" [ "$(echo "$columns" | wc -l)" -ge 11 ]
    for column in $columns; do
        case $column in
        /seconds) ;;
        /step) check "$1: steps" [ "$(h5dump -y -d /history/step "$1" | tail -n +2)" = "$(h5dump -y -d /history/step "$2" | tail -n +2)" ] ;;
        *) same "$1" "$2" "/history$column" ;;
        esac
    done
}

# goes_on FILE ARGUMENT...: taken up in the middle of an epoch or not, up to the end of the next but one, on other numbers
# of threads; against a run that nothing disturbed, with these arguments.
goes_on() {
    file=$1
    shift
    total=$(($(epoch_of "$file") + 2))
    does train --resume "$file" --epochs $((total - 1)) --threads 3 --checkpoint-every 60s
    does train --resume "$file" --epochs $total --threads 2 --checkpoint-every 7steps
    does train $settings $tiny --validation 100 --epochs $total --threads 1 --out whole.h5 "$@"
    for group in /parameters /state /optimizer; do
        same "$file" whole.h5 $group
    done
    same_history "$file" whole.h5
    check "$file: as many steps" [ "$(step_of "$file")" = "$(step_of whole.h5)" ]
    rm -f "$file" whole.h5
}

for signal in INT TERM; do
    begin $settings $tiny --validation 100 --out stopped.h5
    wait_for '^epoch 1/' stdout
    ends $signal 3
    goes_on stopped.h5
done

# stops_and_goes_on ARGUMENT...: a run with these, stopped in the middle of an epoch, most likely.
stops_and_goes_on() {
    begin $settings $tiny --validation 100 --out stopped.h5 "$@"
    wait_for '^epoch 1/' stdout
    ends TERM 3
    goes_on stopped.h5 "$@"
}

stops_and_goes_on --optimizer 'sgd momentum=0.9' --schedule 'warm-up epochs=2.5, steps 2 factor=0.5' --clip-norm 50
stops_and_goes_on --optimizer adagrad --learning-rate 0.02 --weight-prior 1 --schedule 'cosine epochs=20'

begin $settings $tiny --validation 100 --out asked.h5 --checkpoint-every 1000000epochs
wait_for '^epoch 1/' stdout
kill -s USR1 $child
wait_for 'saved at step' stderr
cp asked.h5 aside.h5
ends TERM 3
goes_on aside.h5
goes_on asked.h5

# An epoch is 119 steps, the last of 12 rows.
begin $settings $tiny --validation 100 --out steps.h5 --checkpoint-every 37steps
wait_for '^epoch 2/' stdout
cp steps.h5 aside.h5
ends KILL 137
check "a checkpoint every 37 steps is of such a step, found $(step_of aside.h5)" [ $(($(step_of aside.h5) % 37)) = 0 ]
goes_on aside.h5
goes_on steps.h5

finish
