#!/bin/sh
# A program outside the tree, against the installed library with pkg-config alone: my_cvae.c as C11 and as C++20, by
# every compiler that is there, from `models` to pictures; and embed.c. Also what the library shows, and that the README
# prints these very programs.
#
#     SOURCE=. BUILD=build tests/consumer/consumer.sh
#
# Ends with "N passed, N failed" (", N skipped") and status 0 or 1.
set -u
source=$(cd "${SOURCE:?expected SOURCE=top of the source tree}" && pwd) || exit 1
build=$(cd "${BUILD:?expected BUILD=folder of the build}" && pwd) || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
cd "$work" || exit 1
passed=0 failed=0 skipped=0

fail() { # WHAT: with what the last command said
    printf 'FAILED  %s\n' "$1"
    sed 's/^/        /' stdout stderr
    failed=$((failed + 1))
}

# run WHAT COMMAND...: the command succeeds and says nothing on standard error.
run() {
    what=$1
    shift
    if "$@" >stdout 2>stderr </dev/null && [ ! -s stderr ]; then
        passed=$((passed + 1))
    else
        fail "$what: $*"
    fi
}

# shows WHAT WORDS: the last command printed a line with these words, an extended regular expression.
shows() {
    if grep -Eq -e "$2" stdout; then
        passed=$((passed + 1))
    else
        fail "$1: expected \"$2\" in what it printed"
    fi
}

# ---- Installing ----

DESTDIR=$work/root meson install -C "$build" --no-rebuild >stdout 2>stderr || { fail 'meson install'; exit 1; }
pc=$(find root -name libvae.pc)
[ -n "$pc" ] || { fail 'no libvae.pc was installed'; exit 1; }
PKG_CONFIG_PATH=$work/$(dirname "$pc") PKG_CONFIG_SYSROOT_DIR=$work/root
LD_LIBRARY_PATH=$(dirname "$PKG_CONFIG_PATH")
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR LD_LIBRARY_PATH
flags=$(pkg-config --cflags --libs libvae) || { fail 'pkg-config finds no libvae'; exit 1; }
case $flags in
*"$work/root"*) ;;
*) fail "pkg-config: expected flags below $work/root, found $flags" ;;
esac

installed() { # PATTERN: a path below root
    run "installed: $1" test -n "$(find root -path "root/*$1")"
}
installed '/bin/vae'
installed '/include/vae/vae.h'
installed '/man1/vae.1*'

# ---- What the library shows ----

nm -D --defined-only "$LD_LIBRARY_PATH/libvae.so" | awk '{ print $3 }' >symbols
grep -Ev '^vae_[a-z]' symbols >others
run "libvae.so shows vae_* and nothing else: $(tr '\n' ' ' <others)" test ! -s others
run 'libvae.so shows vae_main' grep -qx vae_main symbols
# Also where the line breaks behind the type.
find root -path '*/include/vae/*.h' -exec cat {} + | tr '\n' ' ' | sed 's/VAE_API/\n&/g' |
    sed -n 's/^VAE_API [^(;]*[ *]\(vae_[a-z0-9_]*\)(.*/\1/p' | sort -u >declared
run 'the headers declare functions' test -s declared
while read -r name; do
    run "libvae.so shows $name, which a header declares" grep -qx "$name" symbols
done <declared
run 'its dynamic section' readelf -d "$LD_LIBRARY_PATH/libvae.so"
shows 'its soname has the minor version' 'SONAME.*libvae\.so\.[0-9]+\.[0-9]+\]'

# ---- The program ----

# use PROGRAM: the whole command line, on few examples.
use() {
    run "$1 models" "./$1/my-cvae" models
    if [ "$(head -n 1 stdout | cut -d ' ' -f 1)" = my-cvae ]; then
        passed=$((passed + 1))
    else
        fail "$1 models: expected my-cvae on the first line"
    fi
    shows "$1 models" '^cvae '
    run "$1 train" "./$1/my-cvae" train my-cvae --data digits:600 --epochs 1 --out "$1/a.h5"
    shows "$1 train" '^epoch 1/1 +elbo -[0-9]+\.[0-9]+ '
    run "$1 train --resume" "./$1/my-cvae" train --resume "$1/a.h5" --epochs 2
    shows "$1 train --resume" '^epoch 2/2 '
    run "$1 eval" "./$1/my-cvae" eval "$1/a.h5" --data digits:600 --samples 5 --json
    shows "$1 eval" '"elbo": -[0-9]+\.[0-9]+.*"nll": [0-9]+\.[0-9]+'
    run "$1 sample" "./$1/my-cvae" sample "$1/a.h5" --out "$1/a.png"
    run "$1 sample: a picture" grep -aq PNG "$1/a.png"
    run "$1 info" "./$1/my-cvae" info "$1/a.h5"
    shows "$1 info" '^model +my-cvae: class-conditional VAE, two hidden layers$'
    shows "$1 info" 'encoder/0/weight_digit +5000 +10 × 500'
}

# build COMPILER ARGUMENT...
build() {
    if ! command -v "$1" >where; then
        printf 'skipped  no %s\n' "$1"
        skipped=$((skipped + 1))
        return
    fi
    mkdir "$1"
    # What pkg-config prints is several words.
    # shellcheck disable=SC2086
    run "$1 builds" "$@" -Wall -Wextra -pedantic -Werror "$source/tests/consumer/my_cvae.c" -x none $flags \
        -o "$1/my-cvae"
    [ ! -x "$1/my-cvae" ] || use "$1"
}

build gcc -std=c11
build clang -std=c11
# g++ alone takes a member that is left out of a designated initialiser for a slip.
build g++ -std=c++20 -Wno-missing-field-initializers -x c++
build clang++ -std=c++20 -x c++

# One build, one processor: the compiler of the program changes nothing.
for other in clang g++ clang++; do
    if [ -e gcc/a.h5 ] && [ -e $other/a.h5 ] && command -v h5diff >where; then
        run "$other: the same bits as by gcc" h5diff gcc/a.h5 $other/a.h5 /parameters
    fi
done

# ---- A program that embeds a model, and the README, which prints both ----

if [ -e gcc/a.h5 ]; then
    # shellcheck disable=SC2086
    run 'embed builds' gcc -std=c11 -Wall -Wextra -pedantic -Werror "$source/tests/consumer/embed.c" $flags -o embed
    cp gcc/a.h5 cvae.h5
    run 'embed' ./embed
    run 'embed: a picture' grep -aq PNG threes.png
    mv cvae.h5 elsewhere.h5
    ./embed >message 2>&1
    run 'embed without a checkpoint: its status' test $? = 1
    run 'embed without a checkpoint: its message' grep -q '^cvae.h5: .*No such file' message
fi

for name in my_cvae embed; do
    sed '1,/clang-format off/d' "$source/tests/consumer/$name.c" >program
    # The block of the README that has this program's own line.
    awk -v name="$name" '/^```c$/ { block = ""; inside = 1; next }
        /^```$/ { if (inside && index(block, name == "embed" ? "vae_model_load" : name)) printf "%s", block; inside = 0 }
        inside { block = block $0 "\n" }' "$source/README.md" >printed
    run "the README prints $name.c" cmp program printed
done

printf '%d passed, %d failed' $passed $failed
[ $skipped = 0 ] && echo || echo ", $skipped skipped"
[ $failed = 0 ]
