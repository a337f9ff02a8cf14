# A long training in the background, to be sent signals. Read by scripts behind program.sh, not run.
# shellcheck shell=sh
#
# Far more epochs than there is time for; an epoch is 125 steps, and what the encoder sees has constants in /state.
# Variables that are not set here are those of program.sh.
# shellcheck disable=SC2154,SC2034
settings='cvae --data digits:2000 --seed 2 --batch 16 --latent 3 --encoder-transform unit,standardize'
tiny='--encoder= --decoder='

# begin ARGUMENT...: its process is $child. A shell has its jobs in the background ignore interrupts, and what is ignored
# stays so.
begin() {
    begun=$*
    : >stdout
    : >stderr
    env --default-signal "$VAE" train --epochs 1000000 "$@" >stdout 2>stderr &
    child=$!
}

# wait_for WORDS FILE [TIMES]: until as many lines of a file have them; up to two minutes.
wait_for() {
    tries=0
    while [ "$(grep -c -e "$1" "$2")" -lt "${3:-1}" ]; do
        tries=$((tries + 1))
        [ $tries -lt 1200 ] && kill -0 $child 2>/dev/null || { fail "waited in vain for \"$1\" in $2"; return; }
        sleep 0.1
    done
}

# ended STATUS: $child ends, with this status.
ended() {
    wait $child 2>/dev/null
    found=$?
    about "vae train $begun: its end"
    [ $found = "$1" ] || complain "expected status $1, found $found"
    count
}

# ends SIGNAL STATUS
ends() {
    kill -s "$1" $child
    ended "$2"
}

# step_of FILE: of a checkpoint, of all steps; epoch_of FILE: of those that are done.
step_of() {
    "$VAE" info "$1" --json | sed 's/.*"epoch": [0-9]*, "step": \([0-9]*\).*/\1/'
}
epoch_of() {
    "$VAE" info "$1" --json | sed 's/.*"epoch": \([0-9]*\), "step".*/\1/'
}
