#!/bin/sh
# The thread sanitizer, where the build has one: it tells a race that was planted inside a parallel region, and says
# nothing of the same with a barrier between, nor of whole commands on two threads.
#
#     SOURCE=. BUILD=build-ci-threads VAE=build-ci-threads/vae tests/fault/threads.sh
#
# The build is clang's with -Db_sanitize=thread. Beside its OpenMP library lies Archer, which tells the sanitizer what
# OpenMP does; the library looks for it in the folders of the program alone. In another build it is skipped. Ends with the line "N passed, N failed" (", N skipped") and status 0 or 1.
# Variables that are not set here are those of program.sh.
# shellcheck disable=SC2154
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"

race=${BUILD:?expected BUILD=folder of the build}/tests/race
LC_ALL=C grep -q __tsan_init "$race" || { skip 'the thread sanitizer: this build has none'; finish; }
TSAN_OPTIONS="ignore_noninstrumented_modules=1 ${TSAN_OPTIONS-}"
ARCHER_OPTIONS=verbose=1
OMP_TOOL_LIBRARIES=$(ldd "$race" | sed -n 's|.*=> \(/.*\)/libomp\.so.*|\1|p')/libarcher.so
OMP_WAIT_POLICY=passive
export TSAN_OPTIONS ARCHER_OPTIONS OMP_TOOL_LIBRARIES OMP_WAIT_POLICY

about 'a planted race is told'
"$race" >stdout 2>stderr && complain 'it ended well'
grep -q 'WARNING: ThreadSanitizer: data race' stderr || complain
grep -q '#0 write_and_read .*race\.c' stderr || complain 'not where it is'
count

silent() { # WHAT COMMAND...
    about "$1"
    shift
    "$@" >stdout 2>all || verdict=no
    grep -q ThreadSanitizer all && verdict=no
    head -n 60 all >stderr # of what may be thousands of lines
    [ $verdict = yes ] || complain
    grep -q '^Archer detected OpenMP' stdout all || complain 'Archer was not there'
    count
}

silent 'no race where there is a barrier' "$race" none
silent 'training on two threads' "$VAE" train cvae --data digits:200 --validation 40 --latent 2 \
    --encoder 'dense 40 relu' --decoder 'dense 40 relu' --batch 64 --epochs 1 --threads 2 --out a.h5
silent 'training convolutions' "$VAE" train conv-cvae --data digits:200 --latent 2 --batch 64 --epochs 1 --threads 2 \
    --encoder 'conv 4 4x4 stride 4, batch-norm relu, dropout rate=0.1, residual 4 3x3 relu, max-pool 7' \
    --decoder 'dense 49 relu, group-norm 7, reshape 7x7x1, deconv 2 4x4 stride 2 relu, deconv 1 4x4 stride 2' --out b.h5
silent 'evaluating them' "$VAE" eval b.h5 --data digits:200 --threads 2
silent 'going on on three' "$VAE" train --resume a.h5 --epochs 2 --threads 3
silent 'evaluating' "$VAE" eval a.h5 --data digits:200 --samples 4 --threads 2
silent 'encoding' "$VAE" encode a.h5 --data digits:200 --out z.h5 --threads 2
silent 'sampling' "$VAE" sample a.h5 --count 20 --condition digit=3 --out x.h5 --threads 2
finish
