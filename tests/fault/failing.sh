#!/bin/sh
# A save that fails loses nothing: the checkpoint before it stays whole, nothing is left beside it, training goes on and
# says so; status 0 where a later save succeeded, 1 where the last one failed, and never a signal.
#
#     SOURCE=. VAE=build/vae SHIM=build/tests/libshim.so tests/fault/failing.sh
#
# Every call on files that a run makes fails with every error, once and from then on, by the library of shim.c; and files
# may have less bytes than a checkpoint. Compares by h5diff (hdf5-tools). Ends with "N passed, N failed" (", N skipped")
# and status 0 or 1.
# Variables that are not set here are those of program.sh.
# shellcheck disable=SC2154
set -u
# There bringing a file to the disk waits for nothing.
[ -w /dev/shm ] && TMPDIR=/dev/shm && export TMPDIR
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"
need_shim

small() { # ARGUMENT...
    vae train vae --data digits:200 --latent 2 --encoder 'dense 8 relu' --decoder 'dense 8 relu' --batch 64 \
        --threads 1 "$@"
}

small --epochs 1 --out epoch-1.h5
small --epochs 2 --out epoch-2.h5
small --epochs 3 --out epoch-3.h5

# again VARIABLE=VALUE...: two epochs more behind the first one, which is kept.
again() {
    rm -rf kept
    mkdir kept
    cp epoch-1.h5 kept/model.h5
    shimmed VAE_SHIM_MATCH=kept "$@" train --resume kept/model.h5 --epochs 3 --threads 1
    cp stderr told
}

# alike FILE OTHER: do they hold the same training?
alike() {
    h5diff "$1" "$2" /parameters >stdout 2>stderr && h5diff "$1" "$2" /optimizer >stdout 2>stderr
}

# stands EPOCH...: complains unless the checkpoint is whole, of one of these epochs, and alone.
stands() {
    vae verify kept/model.h5 || complain 'the checkpoint is not whole'
    for epoch; do
        alike kept/model.h5 epoch-"$epoch".h5 && break
        epoch=none
    done
    [ "$epoch" != none ] || complain "the checkpoint is of none of the epochs $*"
    [ "$(ls -A kept)" = model.h5 ] || complain "left behind: $(ls -A kept | tr '\n' ' ')"
}

# said: complains unless what was said is lines of the program's own about the checkpoint.
said() {
    grep -Evq '^vae train: .*kept/model.h5' told && complain "unexpected words: $(cat told)"
}

# once ERROR: call $k fails and no other.
once() {
    about "$1 once at call $k: $call"
    again VAE_SHIM_FAIL="$k:$1"
    said
    case $call in
    open* | read* | write* | fsync* | rename*) [ -s told ] || complain 'was not noticed' ;;
    esac
    goes=$(grep -c 'training goes on$' told)
    if [ $found = 0 ]; then
        [ "$(grep -vc 'training goes on$' told)" = 0 ] || complain "status 0 with $(cat told)"
        went_on=$((went_on + goes))
        stands 3
    else
        [ $found = 1 ] || complain "expected status 0 or 1, found $found"
        [ "$(wc -l <told)" = 1 ] || complain "expected one line, found $(cat told)"
        [ "$goes" = 0 ] || complain 'ended though training goes on'
        # Before the first step, or at the end: what is written but not on the disk for certain is the third.
        case $(cat told) in *': is written, but '*) stands 3 ;; *) stands 1 2 ;; esac
        ended=$((ended + 1))
    fi
    count
}

# for_good ERROR: so do all later ones, and then the removal of the temporary file too, which the next run does.
for_good() {
    about "$1 from call $k on: $call"
    again VAE_SHIM_FAIL="$k:$1:on"
    said
    case $call in
    flock* | close*) ;;
    *) [ $found = 1 ] || complain "expected status 1, found $found" ;;
    esac
    [ $found -le 1 ] || complain "expected status 0 or 1, found $found"
    vae train --resume kept/model.h5 --epochs 3 --threads 1 || complain 'does not go on'
    stands 3
    count
}

again VAE_SHIM_LOG="$work/log"
check 'a run of which no call fails succeeds' test $found = 0
stands 3
calls=$(awk -F '\t' '$2 > most { most = $2 } END { print most + 0 }' log)
went_on=0 ended=0
for error in ENOSPC EIO EMFILE EACCES; do
    k=1
    while [ $k -le "$calls" ]; do
        call=$(awk -F '\t' -v k="$k" '$2 == k { print $3, $4 }' log | sed 's/\.[0-9]*-[0-9a-f]*\.tmp/.*.tmp/')
        once $error
        for_good $error
        k=$((k + 1))
    done
done
check "at each of $calls calls: training went on $went_on times, and ended $ended times" \
    test $went_on -ge 16 -a $ended -ge 24

# ---- A limit on the size of files ---------------------------------------------------------------------------------

# limited BLOCKS ARGUMENT...: no file may have more than so many blocks of 512 bytes. The signal may have been ignored
# by who started this script, which would tell nothing.
limited() {
    blocks=$1
    shift
    (ulimit -f "$blocks" && exec env --default-signal=XFSZ "$VAE" "$@" >stdout 2>stderr </dev/null)
    found=$?
    cp stderr told
}

rm -rf kept
mkdir kept
cp epoch-1.h5 kept/model.h5
about 'a limit on the size of files'
limited 100 train --resume kept/model.h5 --epochs 3 --threads 1
[ $found = 1 ] || complain "expected status 1, found $found"
[ "$(wc -l <told)" = 2 ] || complain "expected two lines, found $(cat told)"
[ "$(grep -c 'files may have 51200 (the limit of ulimit -f).*; training goes on$' told)" = 1 ] || complain "$(cat told)"
stands 1
count
about 'a limit on the size of files, and no file yet'
rm kept/model.h5
limited 100 train vae --data digits:200 --latent 2 --epochs 1 --out kept/model.h5
[ $found = 1 ] || complain "expected status 1, found $found"
[ "$(wc -l <told)" = 1 ] || complain "expected one line, found $(cat told)"
[ -z "$(ls -A kept)" ] || complain "left behind: $(ls -A kept)"
count
for what in 'sample epoch-1.h5 --out kept/samples.png --threads 1' 'sample epoch-1.h5 --out kept/samples.h5 --threads 1' \
    'encode epoch-1.h5 --data digits:200 --out kept/latents.h5 --threads 1'; do
    about "a limit on the size of files: $what"
    # shellcheck disable=SC2086
    limited 8 $what
    [ $found = 1 ] || complain "expected status 1, found $found"
    grep -q 'files may have 4096 (the limit of ulimit -f)$' told || complain "$(cat told)"
    [ -z "$(ls -A kept)" ] || complain "left behind: $(ls -A kept)"
    count
done
finish
