# What the scripts of tests/docs share: counting, and the library installed below $work. Read by them, not run.
# shellcheck shell=sh
#
# Wants SOURCE and BUILD; $work is a new folder, and where the script stands from here on. Debian's h5py is of
# /usr/bin/python3, so PYTHON tells which one to take; it may be empty.
source=$(cd "${SOURCE:?expected SOURCE=top of the source tree}" && pwd) || exit 1
build=$(cd "${BUILD:?expected BUILD=folder of the build}" && pwd) || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
cd "$work" || exit 1
passed=0 failed=0 skipped=0
CC=${CC:-cc}
LC_ALL=C.UTF-8
export CC LC_ALL

skip() { # WHAT
    printf 'skipped  %s\n' "$1"
    skipped=$((skipped + 1))
}

fail() { # WHAT: with what the last command said
    printf 'FAILED  %s\n' "$1"
    cat stdout stderr 2>&1 | sed 's/^/        /'
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

# refuses WHAT WORDS COMMAND...: it fails with one line that has these words, an extended regular expression.
refuses() {
    what=$1 words=$2
    shift 2
    if "$@" >stdout 2>stderr </dev/null; then
        fail "$what: expected a failure of $*"
    elif [ "$(wc -l <stderr)" = 1 ] && grep -Eq -e "$words" stderr; then
        passed=$((passed + 1))
    else
        fail "$what: expected one line with \"$words\" of $*"
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

# blocks PAGE LANGUAGE: the fenced blocks of a page that are marked so, one after another, each ended by a line "####".
blocks() {
    awk -v fence="^ *\`\`\`$2\$" 'inside && /^ *```$/ { inside = 0; print "####"; next }
        inside { print }
        $0 ~ fence { inside = 1 }' "$1"
}

# run_blocks PAGE LANGUAGE COMMAND: each block that is marked so succeeds, in their order, in this folder. COMMAND takes a
# file; where it is empty they are skipped.
run_blocks() {
    page=$1 language=$2 command=$3
    blocks "$source/$page" "$language" >program
    run "$page has blocks of $language" test -s program
    awk 'BEGIN { n = 101 } $0 == "####" { close("block-" n); n++; next } { print >("block-" n) }' program
    for block in block-*; do
        lacking=$(lacking "$language" "$block" "$command")
        if [ -n "$lacking" ]; then
            skip "$page: $(head -n 1 "$block"): no $lacking"
        elif $command "$block" >stdout 2>stderr </dev/null; then
            passed=$((passed + 1))
        else
            fail "$page: $(cat "$block")"
        fi
    done
    rm -f block-*
}

# lacking LANGUAGE BLOCK COMMAND: what is not installed that a block needs.
lacking() {
    if [ -z "$3" ]; then
        echo "$1"
    elif [ "$1" = sh ]; then
        sed -n 's/^\([a-z0-9_+-]*\) .*/\1/p' "$2" | while read -r first; do
            command -v "$first" >/dev/null || { echo "$first"; break; }
        done
    fi
}

# run_page PAGE: its shell blocks; each stops at the first command that fails.
run_page() {
    run_blocks "$1" sh 'sh -eu'
}

finish() {
    printf '%d passed, %d failed' $passed $failed
    [ $skipped = 0 ] && echo || echo ", $skipped skipped"
    [ $failed = 0 ]
    exit
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
