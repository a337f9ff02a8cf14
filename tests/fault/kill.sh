#!/bin/sh
# A kill at any moment loses nothing that was kept: the checkpoint's path holds the whole old file or the whole new one,
# and going on from it gives the bits of a run that nobody killed.
#
#     SOURCE=. VAE=build/vae SHIM=build/tests/libshim.so tests/fault/kill.sh
#
# First at every call on files that a resumed run makes, then with every write torn in two, by the library of shim.c;
# then at random moments of a fast run: 10, or 200 with VAE_TEST_SLOW=1. VAE_TEST_SEED=N repeats the moments of another
# run. Compares by h5diff (hdf5-tools). Ends with "N passed, N failed" (", N skipped") and status 0 or 1.
# Variables that are not set here are those of program.sh.
# shellcheck disable=SC2154
set -u
# There bringing a file to the disk waits for nothing; on a disk it takes the longest, and is where random kills come.
[ -z "${VAE_TEST_SLOW-}" ] && [ -w /dev/shm ] && TMPDIR=/dev/shm && export TMPDIR
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"
need_shim

small() { # ARGUMENT...
    vae train vae --data digits:200 --latent 2 --encoder 'dense 8 relu' --decoder 'dense 8 relu' --batch 64 \
        --threads 1 "$@"
}

# whole FILE: complains unless it is a whole checkpoint.
whole() {
    vae verify "$1" || complain "$1 is not whole"
}

# goes_on FILE EPOCHS: complains unless training goes on with it, and nothing else is left in its folder.
goes_on() {
    vae train --resume "$1" --epochs "$2" || complain "does not go on to epoch $2"
    [ "$(ls -A "${1%/*}")" = "${1##*/}" ] || complain "left behind: $(ls -A "${1%/*}" | tr '\n' ' ')"
}

# alike FILE OTHER: complains unless they hold the same training.
alike() {
    for group in /parameters /optimizer; do
        h5diff "$1" "$2" $group >stdout 2>stderr || complain "$1 and $2 differ in $group"
    done
}

# ---- At every call ----

mkdir kept
small --epochs 1 --out old.h5
small --epochs 2 --out new.h5
small --epochs 3 --out undisturbed.h5
check 'what is compared with' test -s undisturbed.h5

# again VARIABLE=VALUE...: the second epoch, of which the save replaces the first one's.
again() {
    rm -rf kept
    mkdir kept
    cp old.h5 kept/model.h5
    shimmed VAE_SHIM_MATCH=kept "$@" train --resume kept/model.h5 --epochs 2 --threads 1
}

# killed WHERE VARIABLE: as told, at call $k.
killed() {
    about "$1 call $k: $(awk -F '\t' -v k="$k" '$2 == k { print $3, $4 }' log)"
    again "$2=$k"
    [ $found = 137 ] || complain "expected a kill, found status $found"
    [ "$(ls -A kept)" = model.h5 ] || left=$((left + 1))
    whole kept/model.h5
    if cmp -s old.h5 kept/model.h5; then
        olds=$((olds + 1))
    else
        alike new.h5 kept/model.h5
        news=$((news + 1))
    fi
    goes_on kept/model.h5 3
    alike undisturbed.h5 kept/model.h5
    count
}

again VAE_SHIM_LOG="$work/log"
check 'a run that nobody kills succeeds' test $found = 0
calls=$(awk -F '\t' '$2 > most { most = $2 } END { print most + 0 }' log)
writes=$(awk -F '\t' '$3 == "write" && $2 { print $2 }' log)
kinds=$(awk -F '\t' '$2 { print $3 }' log | sort -u | tr '\n' ' ')
check "it reads the old file, and writes and renames the new one: $kinds" \
    test "$kinds" = 'close flock fsync open read rename unlink write '
olds=0 news=0 left=0 k=1
while [ $k -le "$calls" ]; do
    killed 'killed at' VAE_SHIM_KILL
    k=$((k + 1))
done
check "of $calls kills some leave the old file, some the new one, some a temporary one: $olds, $news, $left" \
    test $olds -gt 10 -a $news -gt 1 -a $left -gt 3
for k in $writes; do
    killed 'half written at' VAE_SHIM_TEAR
done
check 'there was a write to tear' test -n "$writes"

# ---- At random moments ----

seed=${VAE_TEST_SEED:-$(date +%s)}
kills=10
[ -z "${VAE_TEST_SLOW-}" ] || kills=200
echo "$kills kills at random moments; VAE_TEST_SEED=$seed"
rm -rf kept
mkdir kept
small --epochs 1 --out kept/model.h5

epochs_of() { # FILE
    "$VAE" info "$1" --json | sed 's/.*"epoch": \([0-9]*\), "step".*/\1/'
}

# Each of these seconds behind the start of a run that goes on where the one before was killed.
awk -v seed="$seed" -v kills=$kills 'BEGIN { srand(seed); for (; kills; kills--) printf "%.4f\n", 0.4 * rand() }' >moments
left=0
while read -r moment; do
    about "killed after $moment s"
    "$VAE" train --resume kept/model.h5 --epochs 1000000 --threads 1 >stdout 2>stderr </dev/null &
    child=$!
    sleep "$moment"
    kill -s KILL $child
    wait $child
    [ $? = 137 ] || complain 'was not killed'
    [ "$(ls -A kept)" = model.h5 ] || left=$((left + 1))
    whole kept/model.h5
    goes_on kept/model.h5 $(($(epochs_of kept/model.h5) + 1))
    count
done <moments 2>ends # of the jobs
epochs=$(epochs_of kept/model.h5)
echo "$epochs epochs; $left kills left a temporary file"
about "$epochs epochs with $kills kills, as without"
small --epochs "$epochs" --checkpoint-every "${epochs}epochs" --out whole.h5
alike whole.h5 kept/model.h5
count
finish
