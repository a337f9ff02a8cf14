#!/bin/sh
# Programs outside the tree against the installed library, one for each way to find it: my_cvae.c, from `models` to
# pictures, and embed.c. Also what the library shows, and that the README prints these very programs.
#
#     SOURCE=. BUILD=build CC=gcc tests/consumer/consumer.sh
#
# CC is the compiler that built the library, whose OpenMP the static library calls. Ends with "N passed, N failed"
# (", N skipped") and status 0 or 1.
# Variables that are not set here are those of installed.sh.
# shellcheck disable=SC2154
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/installed.sh"

# ---- What is installed ----

ask() { # OPTION...: of pkg-config
    pkg-config "$@" libvae
}

shared=$(ask --cflags --libs) || { fail 'pkg-config finds no libvae'; finish; }
prefix=$(ask --variable=prefix)
# The linker takes the shared one of two of a name.
static=$(ask --static --cflags --libs | sed 's/-lvae/-l:libvae.a/')
case $shared in
*"$work/root"*) ;;
*) fail "pkg-config: expected flags below $work/root, found $shared" ;;
esac

installed() { # PATTERN: a path below root
    run "installed: $1" test -n "$(find root -path "root/*$1")"
}
installed '/bin/vae'
installed '/include/vae/vae.h'
installed '/man1/vae.1*'
installed '/bash-completion/completions/vae'
installed '/cmake/libvae/libvae-config.cmake'

# ---- What the libraries show ----

# Also where the line breaks behind the type.
find root -path '*/include/vae/*.h' -exec cat {} + | tr '\n' ' ' | sed 's/VAE_API/\n&/g' |
    sed -n 's/^VAE_API [^(;]*[ *]\(vae_[a-z0-9_]*\)(.*/\1/p' | sort -u >declared
run 'the headers declare functions' test -s declared

# has shared|static: does the build have that library?
has() {
    [ -e "$LD_LIBRARY_PATH/libvae.$([ "$1" = shared ] && echo so || echo a)" ]
}

# symbols LIBRARY ALLOWED NM-OPTION...: it defines what the headers declare, and else what ALLOWED matches.
symbols() {
    library=$1 allowed=$2
    shift 2
    nm --defined-only "$@" "$LD_LIBRARY_PATH/$library" | awk 'NF == 3 { print $3 }' | sort -u >symbols
    grep -Ev "$allowed" symbols >others
    run "$library shows $allowed and nothing else: $(tr '\n' ' ' <others)" test ! -s others
    while read -r name; do
        run "$library shows $name, which a header declares" grep -qx "$name" symbols
    done <declared
}

if has shared; then
    symbols libvae.so '^vae_[a-z]' -D
    run 'its dynamic section' readelf -d "$LD_LIBRARY_PATH/libvae.so"
    shows 'its soname has the minor version' 'SONAME.*libvae\.so\.[0-9]+\.[0-9]+\]'
fi
if has static; then
    symbols libvae.a '^vae_' -g
fi

# ---- The programs ----

# use FOLDER: the command line, on few examples.
use() {
    run "$1 models" "./$1/my_cvae" models
    check "$1 models: expected my-cvae on the first line" test "$(head -n 1 stdout | cut -d ' ' -f 1)" = my-cvae
    shows "$1 models" '^cvae '
    run "$1 train" "./$1/my_cvae" train my-cvae --data digits:600 --epochs 1 --out "$1/a.h5"
    shows "$1 train" '^epoch 1/1 +elbo -[0-9]+\.[0-9]+ '
}

# use_wholly FOLDER: all else of it. Once for each library: what it does, the programs that call it do not change.
use_wholly() {
    run "$1 train --resume" "./$1/my_cvae" train --resume "$1/a.h5" --epochs 2 --out "$1/b.h5"
    shows "$1 train --resume" '^epoch 2/2 '
    run "$1 eval" "./$1/my_cvae" eval "$1/b.h5" --data digits:600 --samples 5 --json
    shows "$1 eval" '"elbo": -[0-9]+\.[0-9]+.*"nll": [0-9]+\.[0-9]+'
    run "$1 sample" "./$1/my_cvae" sample "$1/b.h5" --out "$1/a.png"
    run "$1 sample: a picture" grep -aq PNG "$1/a.png"
    run "$1 info" "./$1/my_cvae" info "$1/b.h5"
    shows "$1 info" '^model +my-cvae: class-conditional VAE, two hidden layers$'
    shows "$1 info" 'encoder/0/weight_digit +5000 +10 × 500'
}

# use_embed FOLDER: with a checkpoint, and without one.
use_embed() {
    cp "$1/a.h5" cvae.h5
    rm -f threes.png
    run "$1 embed" "./$1/embed"
    run "$1 embed: a picture" grep -aq PNG threes.png
    rm cvae.h5
    "./$1/embed" >message 2>&1
    run "$1 embed without a checkpoint: its status" test $? = 1
    run "$1 embed without a checkpoint: its message" grep -q '^cvae.h5: .*No such file' message
}

# loads FOLDER shared|static: is it the library here that the program loads, or none?
loads() {
    run "$1: what it loads" ldd "$1/my_cvae"
    loaded=$(sed -n 's/.*libvae\.so[^ ]* => \([^ ]*\).*/\1/p' stdout)
    case $2:$loaded in
    shared:$work/root/* | static:) passed=$((passed + 1)) ;;
    *) fail "$1: expected it to find libvae.so below $work/root, or, being static, not to load it" ;;
    esac
}

# ---- A function for each way to build them ----

warnings='-Wall -Wextra -pedantic -Werror'

# by_pkg_config FOLDER shared|static COMPILER ARGUMENT...
by_pkg_config() {
    folder=$1 compiler=$3 flags=$static
    [ "$2" = static ] || flags=$shared
    shift 3
    command -v "$compiler" >where || { skip "$folder: no $compiler"; return 1; }
    mkdir "$folder"
    for program in my_cvae embed; do
        # What pkg-config prints is several words.
        # shellcheck disable=SC2086
        run "$folder: $program" "$compiler" $warnings "$@" "$source/tests/consumer/$program.c" -x none $flags \
            -o "$folder/$program"
    done
}

# by_cmake FOLDER shared|static PROJECT
by_cmake() {
    command -v cmake >where || { skip "$1: no cmake"; return 1; }
    target=libvae::vae
    [ "$2" = shared ] || target=libvae::vae-static
    run "$1: finds libvae" cmake -S "$source/tests/consumer/$3" -B "$1" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" \
        -DLINK=$target -DLIBVAE_VERSION="$(ask --modversion)" --no-warn-unused-cli -DCMAKE_C_FLAGS="$warnings" \
        -DCMAKE_CXX_FLAGS="$warnings"
    run "$1: builds" cmake --build "$1"
}

# consume HOW FOLDER shared|static ARGUMENT...
consume() {
    how=$1
    shift
    has "$2" || { skip "$1: the build has no $2 library"; return; }
    "$how" "$@" || return
    [ -x "$1/my_cvae" ] && [ -x "$1/embed" ] || return
    loads "$1" "$2"
    use "$1"
    use_embed "$1"
    case $used in
    *"$2"*) ;;
    *) used="$used $2" && use_wholly "$1" ;;
    esac
    # One build, one processor: the compiler of the program changes nothing.
    first=${first:-$1}
    if [ "$first" != "$1" ] && command -v h5diff >where; then
        run "$1: the same bits as of $first" h5diff "$first/a.h5" "$1/a.h5" /parameters
    fi
}

first='' used=''
consume by_pkg_config gcc          shared gcc -std=c11
consume by_pkg_config clang        shared clang -std=c11
# Both take a member that is left out of an initialiser for a slip, g++ of a designated one, clang++ of { 0 }.
consume by_pkg_config g++          shared g++ -std=c++20 -Wno-missing-field-initializers -x c++
consume by_pkg_config clang++      shared clang++ -std=c++20 -Wno-missing-field-initializers -x c++
# CC may be several words.
# shellcheck disable=SC2086
consume by_pkg_config static       static $CC -std=c11
consume by_cmake      cmake-c      shared cmake-c
consume by_cmake      cmake-c++    shared cmake-c++
consume by_cmake      cmake-static static cmake-c

# ---- Versions, as find_package asks for them ----

# asks VERSION TRUE|FALSE: is it served?
asks() {
    run "find_package(libvae $1)" cmake -DPACKAGE_FIND_VERSION="$1" -DPACKAGE_FIND_VERSION_MAJOR="${1%%.*}" \
        -DPACKAGE_FIND_VERSION_MINOR="$(echo "$1" | cut -d . -f 2)" -P version.cmake
    run "find_package(libvae $1): served" grep -qx "$2" answer
}

version=$(ask --modversion) major=${version%%.*} patch=${version##*.}
minor=${version#*.} minor=${minor%.*}
run 'the README asks for this version' grep -q "^find_package(libvae $major\.$minor REQUIRED)" "$source/README.md"
if command -v cmake >where; then
    cat >version.cmake <<END
include($LD_LIBRARY_PATH/cmake/libvae/libvae-config-version.cmake)
file(WRITE answer "\${PACKAGE_VERSION_COMPATIBLE}\n")
END
    asks "$version" TRUE
    asks "$major.$minor" TRUE
    asks "$major.$minor.$((patch + 1))" FALSE
    asks "$major.$((minor + 1))" FALSE
    asks "$((major + 1)).$minor" FALSE
fi

# ---- The README ----

for name in my_cvae embed; do
    sed '1,/clang-format off/d' "$source/tests/consumer/$name.c" >program
    # The block of the README that has this program's own line.
    awk -v name="$name" '/^```c$/ { block = ""; inside = 1; next }
        /^```$/ { if (inside && index(block, name == "embed" ? "vae_model_load" : name)) printf "%s", block; inside = 0 }
        inside { block = block $0 "\n" }' "$source/README.md" >printed
    run "the README prints $name.c" cmp program printed
done

finish
