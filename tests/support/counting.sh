# What scripts share: a folder of their own, counting aloud, and the last line. Read by them, not run.
# shellcheck shell=sh
#
# Wants SOURCE. $source is the top of the tree; $work is a new folder, where the script stands from here on. What the
# program under test printed last is in its files stdout and stderr, which are there from the beginning.
# Used by those who read this.
# shellcheck disable=SC2034
source=$(cd "${SOURCE:?expected SOURCE=top of the source tree}" && pwd) || exit 1
work=$(mktemp -d) || exit 1
# A test may have closed a folder of its own.
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
cd "$work" || exit 1
: >stdout
: >stderr
passed=0 failed=0 skipped=0
LC_ALL=C.UTF-8
export LC_ALL

# about SUBJECT: begins a check, of which one may complain any number of times before it is counted.
about() {
    subject=$1 verdict=yes
}

complain() { # [TEXT]: with what the program said
    printf 'FAILED  %s\n' "$subject${1:+: $1}"
    cat stdout stderr 2>/dev/null | sed 's/^/        /'
    verdict=no
}

count() {
    [ $verdict = yes ] && passed=$((passed + 1)) || failed=$((failed + 1))
}

fail() { # WHAT
    about "$1"
    complain
    count
}

# check WHAT COMMAND...: the command succeeds. Neither its output nor what it sets is kept.
check() {
    about "$1"
    shift
    said=$("$@" 2>&1) || complain "${said:-$*}"
    count
}

skip() { # WHAT
    printf 'skipped  %s\n' "$1"
    skipped=$((skipped + 1))
}

# Ends the script. One that has counted nothing has failed.
finish() {
    printf '%d passed, %d failed' $passed $failed
    [ $skipped = 0 ] && echo || echo ", $skipped skipped"
    [ $failed = 0 ] && [ $((passed + skipped)) != 0 ]
    exit
}
