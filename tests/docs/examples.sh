#!/bin/sh
# The programs of docs/examples that docs/your-own.md prints: each is built against the installed library, as C and as
# C++, and used from `check` to `eval`.
#
#     SOURCE=. BUILD=build CC=gcc tests/docs/examples.sh
#
# Ends with "N passed, N failed" (", N skipped") and status 0 or 1.
# Variables that are not set here are those of installed.sh.
# shellcheck disable=SC2154
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/installed.sh"
examples=$source/docs/examples
data='--data digits:600'

# ---- The page prints the programs ----

for name in my_variant my_likelihood my_op my_graph; do
    prints docs/your-own.md docs/examples/$name.c
done

# ---- Every compiler takes them ----

# compile PROGRAM SOURCE COMPILER ARGUMENT...
compile() {
    to=$1 from=$2
    shift 2
    # What pkg-config prints is several words, and CC may be.
    # shellcheck disable=SC2046
    "$@" -pedantic -Wall -Wextra -Werror -I . "$from" -x none $(pkg-config --cflags --libs libvae) -lm -o "$to"
}

cp "$examples"/my_*.c .
for program in my_*.c; do
    name=$(basename "$program" .c)
    # shellcheck disable=SC2086
    run "$name, by $CC" compile "$name" "$program" $CC -std=c11
    for compiler in gcc clang; do
        [ $compiler != "$CC" ] || continue
        command -v $compiler >where || { skip "$name: no $compiler"; continue; }
        run "$name, by $compiler" compile out "$program" $compiler -std=c11
    done
    # Both take a member that is left out of an initialiser for a slip.
    for compiler in g++ clang++; do
        command -v $compiler >where || { skip "$name: no $compiler"; continue; }
        run "$name, by $compiler" compile out "$program" $compiler -std=c++20 -Wno-missing-field-initializers -x c++
    done
done

# ---- What they do ----

# use PROGRAM MODEL: training, and what reads the checkpoint.
use() {
    # The data is several words.
    # shellcheck disable=SC2086
    {
        run "$1: models" "./$1" models
        shows "$1: models" "^$2 "
        run "$1: train" "./$1" train "$2" $data --epochs 2 --out "$2.h5"
        shows "$1: train" '^epoch 2/2 +elbo -?[0-9]+\.[0-9]+ '
        run "$1: info" "./$1" info "$2.h5"
        shows "$1: info" "^model +$2: "
        run "$1: eval" "./$1" eval "$2.h5" $data --samples 5
        shows "$1: eval" '^nll +-?[0-9]+\.[0-9]+ ± [0-9]+\.[0-9]+ with 5 '
        run "$1: resume" "./$1" train --resume "$2.h5" --epochs 3
        run "$1: check" "./$1" check "$2.h5" --examples 2
        shows "$1: check" '^ok  .* within 1e-06'
        run "$1: sample" "./$1" sample "$2.h5" --out "$2.png"
        run "$1: graph" "./$1" graph "$2.h5" --out "$2.dot"
    }
}

run_page docs/your-own.md

use my_variant grey
use my_likelihood robust
use my_op smooth
use my_graph skip

run 'my_likelihood: models --words' ./my_likelihood models --words
shows 'my_likelihood: models --words' '^  student-t \[nu=NUMBER\]  +real values with heavy tails'
run 'my_op: models --words' ./my_op models --words
shows 'my_op: models --words' '^  gated UNITS '
shows 'my_op: models --words' '^  swish '

# What a graph built by hand cannot tell.
refuses 'my_graph: draws from the prior' 'skip: a \.build gives no log p\(x \| z\)' ./my_graph eval skip.h5 \
    --data digits:600 --prior-samples 3
run 'my_graph: dimensions' ./my_graph eval skip.h5 --data digits:600 --dimensions
shows 'my_graph: dimensions' '^dimensions of z, from 0; this model cannot tell the kl of one$'
shows 'my_graph: dimensions' '^ +[0-9]+ +- +[0-9]+\.[0-9]+'

# A word of one's own, in a variant that the library brings, on the command line.
# shellcheck disable=SC2086
run 'my_likelihood: train vae' ./my_likelihood train vae $data --likelihood 'student-t nu=3' --epochs 1 --out t.h5
run 'my_likelihood: info' ./my_likelihood info t.h5
shows 'my_likelihood: info' 'likelihood +student-t nu=3$'
run 'my_likelihood: sample --draw' ./my_likelihood sample t.h5 --draw --out drawn.h5
refuses 'my_likelihood: no mean at nu=1' 'nu: expected a number from 1.1 to 1000' ./my_likelihood train vae --data digits:600 \
    --likelihood 'student-t nu=1' --out u.h5

# What one did not bring is named.
refuses 'vae eval of student-t' 'robust\.h5: .*"student-t": no such likelihood' vae eval robust.h5 --data digits:600
refuses 'vae info of student-t' 't\.h5: .*"student-t": no such likelihood' vae info t.h5
refuses 'vae eval of swish' 'smooth\.h5: .*"swish": no such activation' vae eval smooth.h5 --data digits:600
refuses 'vae eval of a graph built by hand' 'skip\.h5: .*skip' vae eval skip.h5 --data digits:600

# ---- The likelihood adds up to 1 ----

# shellcheck disable=SC2086
run 'density' compile density "$source/tests/docs/density.c" $CC -std=c11
run 'my_likelihood is a density' ./density

# ---- A wrong backward is found ----

# wrong WHAT SED-COMMAND: the parameters below it are told.
wrong() {
    sed "$2" my_op.c >wrong.c
    run "$1: another program" test "$(cmp -s my_op.c wrong.c; echo $?)" = 1
    # shellcheck disable=SC2086
    run "$1: builds" compile wrong wrong.c $CC -std=c11
    if ./wrong check smooth --data digits:600 --examples 2 >stdout 2>stderr; then
        fail "$1: check passes"
    else
        shows "$1: check" "$3"
    fi
}
wrong 'a wrong backward of swish' 's/(1 - y)/(1 + y)/' '^decoder/0/weight +.* worst [0-9.]+e(\+|-0[1-5])'
wrong 'a wrong backward of gate' 's/(1 - open)/(1 + open)/' '^encoder/1/weight +.* worst [0-9.]+e(\+|-0[1-5])'

# ---- What the page says is refused ----

# without WHAT WORDS PROGRAM SED-COMMAND MODEL COMMAND-LINE: of the program so edited, which trains MODEL first.
without() {
    { echo '#pragma GCC diagnostic ignored "-Wunused-function"' && sed "$4" "$3.c"; } >edited.c
    # shellcheck disable=SC2086
    run "$1: builds" compile edited edited.c $CC -std=c11
    ./edited train "$5" --data digits:60 --epochs 1 --out edited.h5 >stdout 2>stderr
    # The command line is several words.
    # shellcheck disable=SC2086
    refuses "$1" "$2" ./edited $6
    rm -f edited.h5
}
without 'no log_prior' 'skip: \.build: log_prior: expected a node' my_graph '/log_prior =/d' skip \
    'eval edited.h5 --data digits:60 --samples 5'
without 'no draw' 'student-t gives means' my_likelihood '/\.draw =/d' robust 'sample edited.h5 --draw --out d.png'
without 'a shape that does not fit' 'smooth: encoder/1: gate: expected a vector of an even number of values' my_op \
    's/rank != 1/rank != 3/' smooth 'train smooth --data digits:60 --out f.h5'

finish
