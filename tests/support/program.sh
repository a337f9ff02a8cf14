# What the scripts of tests/command share: the program run with its arguments, and what is to be seen of it. Read by
# them, not run.
# shellcheck shell=sh
#
# Wants SOURCE and VAE. PYTHON, DAMAGE, INSTRUMENT and SHIM may be empty, which each script says what it does without.
# from_root PROGRAM: its path in any folder; a bare name stays one.
from_root() {
    case $1 in
    */*) folder=$(cd "$(dirname "$1")" && pwd) && echo "$folder/$(basename "$1")" ;;
    *) echo "$1" ;;
    esac
}
VAE=$(from_root "${VAE:?expected VAE=path of the program}") || exit 1
DAMAGE=$(from_root "${DAMAGE:-}") || exit 1
INSTRUMENT=$(from_root "${INSTRUMENT:-}") || exit 1
SHIM=$(from_root "${SHIM:-}") || exit 1
PYTHON=${PYTHON:-}
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/counting.sh"

# ---- What is there to test with ----

# python_has MODULES: is there a PYTHON that imports these, with commas between?
python_has() {
    [ -n "$PYTHON" ] && "$PYTHON" -c "import $1" 2>stderr
}

# Without a PYTHON that makes HDF5 files, all is skipped.
need_python() {
    python_has 'h5py, numpy' || { skip 'no python3 with h5py and numpy'; finish; }
}

# Has the program a sanitizer, which wants to be loaded before all else, and terabytes of address space?
sanitized() {
    LC_ALL=C grep -Eq '__(asan|tsan|msan)_init' "$VAE"
}

# Without the library of tests/fault/shim.c all is skipped.
need_shim() {
    [ -n "$SHIM" ] || { skip 'no library to preload'; finish; }
    sanitized && { skip 'a library to preload: a sanitizer is'; finish; }
}

# shimmed VARIABLE=VALUE ... ARGUMENT...: runs the program with that library, told by these variables; status as vae().
shimmed() {
    shim_variables=
    while case $1 in VAE_SHIM_*) true ;; *) false ;; esac do
        shim_variables="$shim_variables $1"
        shift
    done
    # One word a variable.
    # shellcheck disable=SC2086
    env LD_PRELOAD="$SHIM" $shim_variables "$VAE" "$@" >stdout 2>stderr </dev/null
    found=$?
    return $found
}

# ---- Checks ----

# vae ARGUMENT...: runs the program; its status is in $found, and its own.
vae() {
    "$VAE" "$@" >stdout 2>stderr </dev/null
    found=$?
    return $found
}

# as_told STATUS WORDS ARGUMENT...: told, but not counted yet.
as_told() {
    status=$1 words=$2
    shift 2
    about "vae $*"
    vae "$@"
    [ $found = "$status" ] || complain "expected status $status, found $found"
    [ "$status" = 0 ] && where=stdout || where=stderr
    [ -z "$words" ] || grep -Eq -e "$words" $where || complain "expected the words \"$words\""
    [ "$(wc -l <stderr)" = $((status > 0)) ] || complain "expected $((status > 0)) lines of complaint"
}

# told STATUS WORDS ARGUMENT...: the program ends with this status. WORDS, an extended regular expression or nothing, are
# on standard output where that is 0; and if not, in the one line on standard error.
told() {
    as_told "$@"
    count
}

# does ARGUMENT...: the program does it, and has nothing to complain of.
does() {
    told 0 '' "$@"
}

# refused STATUS WORDS ARGUMENT...: told, and it leaves nothing behind.
refused() {
    before=$(ls -A)
    as_told "$@"
    after=$(ls -A)
    [ "$after" = "$before" ] || complain "left behind: $(echo "$after" | grep -Fxv -e "$before" | tr '\n' ' ')"
    count
}

# full TARGET ARGUMENT...: with files of at most 4 KiB (8 blocks of ulimit -f), one line tells of the file in the folder full, and nothing is left.
full() {
    target=$1
    shift
    about "vae $* on a full disk"
    mkdir full
    # The message goes through a pipe, for the limit would be its file's as well; so would an OpenMP library's be.
    { (ulimit -f 8 && "$VAE" "$@" 2>&1 >/dev/null 3>&-; echo $? >&3) | cat >stderr; } 3>status
    [ "$(cat status)" = 1 ] || complain "expected status 1, found $(cat status)"
    grep -q "full/$target: cannot write: File too large: it has [0-9]* bytes, and files may have [0-9]* (the limit of ulimit -f)\$" stderr || complain 'expected the file named'
    [ "$(wc -l <stderr)" = 1 ] || complain 'expected one line'
    [ -z "$(ls -A full)" ] || complain "left behind: $(ls -A full)"
    rm -rf full
    count
}

# same FILE OTHER [GROUP]: in it they hold the same bits; in /parameters, if not told.
same() {
    check "h5diff $1 $2 ${3:-/parameters}" h5diff "$1" "$2" "${3:-/parameters}"
}

# holds WHAT: a program of Python on standard input, which asserts, finds that it does.
holds() {
    check "$1" "$PYTHON" -
}
