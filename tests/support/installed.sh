# What the scripts of tests/docs and tests/consumer share: commands that are run, pages whose blocks are, and the library
# installed below $work. Read by them, not run.
# shellcheck shell=sh disable=SC2154
#
# Wants SOURCE and BUILD. Debian's h5py is of /usr/bin/python3, so PYTHON tells which one to take; it may be empty.
build=$(cd "${BUILD:?expected BUILD=folder of the build}" && pwd) || exit 1
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/counting.sh"
CC=${CC:-cc}
export CC

# run WHAT COMMAND...: the command succeeds and says nothing on standard error.
run() {
    about "$1"
    shift
    if ! "$@" >stdout 2>stderr </dev/null || [ -s stderr ]; then
        complain "$*"
    fi
    count
}

# refuses WHAT WORDS COMMAND...: it fails with one line that has these words, an extended regular expression.
refuses() {
    about "$1"
    words=$2
    shift 2
    if "$@" >stdout 2>stderr </dev/null; then
        complain "expected a failure of $*"
    elif [ "$(wc -l <stderr)" != 1 ] || ! grep -Eq -e "$words" stderr; then
        complain "expected one line with \"$words\" of $*"
    fi
    count
}

# shows WHAT WORDS: the last command printed a line with these words, an extended regular expression.
shows() {
    about "$1"
    grep -Eq -e "$2" stdout || complain "expected \"$2\" in what it printed"
    count
}

# blocks PAGE LANGUAGE: the fenced blocks of a page that are marked so, one after another, each ended by a line "####".
blocks() {
    awk -v fence="\`\`\`$2" 'inside && $0 == "```" { inside = 0; print "####"; next }
        inside { print }
        $0 == fence { inside = 1 }' "$1"
}

# prints PAGE PROGRAM: the page has the program, whole, as the block that begins with its first line.
prints() {
    language=${2##*.}
    blocks "$source/$1" "$language" | awk -v first="$(head -n 1 "$source/$2")" 'NR == 1 || fresh { mine = $0 == first }
        { fresh = $0 == "####" }
        mine && !fresh { print }' >block
    run "$1 prints $2" cmp "$source/$2" block
}

# needed LANGUAGE BLOCK: the first program that a block needs and that is not installed.
needed() {
    case $1 in
    sh)
        sed -n 's/^\([a-z0-9_+-][a-z0-9_+-]*\) .*/\1/p' "$2" | while read -r first; do
            command -v "$first" >/dev/null || { echo "$first"; break; }
        done
        ;;
    python) [ -n "${PYTHON-}" ] || echo 'python with h5py' ;;
    octave) command -v octave >/dev/null || echo octave ;;
    esac
}

# do_block LANGUAGE BLOCK: of shell, up to the first command that fails.
do_block() {
    case $1 in
    sh) sh -eu "$2" ;;
    python) "$PYTHON" "$2" ;;
    octave) octave --no-gui -qf "$2" ;;
    esac
}

# run_page PAGE [SED-COMMAND]: the blocks of shell, python and octave on a page succeed, in their order, in this folder;
# edited, if a command says so. What is not installed is skipped with a word.
run_page() {
    rm -f block-*
    sed "${2-}" "$source/$1" | awk -v languages='^```(sh|python|octave)$' '$0 == "```" { inside = 0; next }
        $0 ~ languages { inside = 1; name = sprintf("block-%03d.%s", ++n, substr($0, 4)) }
        $0 !~ languages && inside { print >name }'
    run "$1 has blocks" test -e "$(find . -name 'block-001.*')"
    for block in block-*; do
        lacking=$(needed "${block##*.}" "$block")
        if [ -n "$lacking" ]; then
            skip "$1: $(head -n 1 "$block"): no $lacking"
        else
            about "$1: $(cat "$block")"
            do_block "${block##*.}" "$block" >stdout 2>stderr </dev/null || complain
            count
        fi
    done
}

# ---- Installing ----

# Where it stands now, and not where DESTDIR feigns that it stands, so that `pkg-config libvae` finds it.
DESTDIR=$work/root meson install -C "$build" --no-rebuild >stdout 2>stderr || { fail 'meson install'; finish; }
pc=$(find root -name libvae.pc)
[ -n "$pc" ] || { fail 'no libvae.pc was installed'; finish; }
sed -i "s|^prefix=.*|prefix=$work/root$(pkg-config --variable=prefix "$pc")|" "$pc"
PKG_CONFIG_PATH=$work/$(dirname "$pc")
LD_LIBRARY_PATH=$(dirname "$PKG_CONFIG_PATH")
PATH=$work/$(dirname "$(find root -path '*/bin/vae')"):$PATH
export LD_LIBRARY_PATH PKG_CONFIG_PATH PATH
