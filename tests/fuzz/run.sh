#!/bin/sh
# Builds the harnesses with clang and runs each for so many seconds; none may find anything.
#
#     SOURCE=. tests/fuzz/run.sh SECONDS [HARNESS]...
#
# FUZZ_BUILD is the folder it builds in (default: one that is removed), FUZZ_FOUND one where inputs of findings are kept
# (default: their beginnings are shown). Prints a line a harness, and ends with "N passed, N failed" (", N skipped") and
# status 0 or 1.
# Variables that are not set here are those of counting.sh.
# shellcheck disable=SC2154
set -u
case ${1-} in
'' | *[!0-9]*)
    echo "run.sh: expected SECONDS for each harness, found \"${1-}\"" >&2
    exit 2
    ;;
esac
seconds=$1
shift
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/counting.sh"
build=${FUZZ_BUILD:-$work/build}
found=${FUZZ_FOUND:-$work/found}
mkdir -p "$found"

cat >harness.c <<'END'
int LLVMFuzzerTestOneInput(const unsigned char *bytes, unsigned long size);
int LLVMFuzzerTestOneInput(const unsigned char *bytes, unsigned long size) { return bytes == 0 && size; }
END
for missing in 'clang:clang --version' 'its fuzzer library:clang -fsanitize=fuzzer,address,undefined harness.c -o h' \
    'its OpenMP library:clang -fopenmp -fsanitize=fuzzer harness.c -o h'; do
    ${missing#*:} >stdout 2>&1 && continue
    skip "fuzzing: there is no clang, or ${missing%%:*} is missing"
    finish
done

# Whatever builds this tree sets compilers of its own.
built() {
    [ -f "$build/build.ninja" ] || CC=clang CFLAGS='' LDFLAGS='' meson setup "$build" "$source" -Dfuzz=true \
        -Donednn=disabled -Dbuildtype=debugoptimized >setup.log 2>&1 || { cat setup.log; return 1; }
    ninja -C "$build" fuzz >build.log 2>&1 || { tail -n 50 build.log; return 1; }
}
check 'the harnesses are built' built
[ $failed = 0 ] || finish

# What stands in this variable stays: libhdf5 loses memory over what it refuses.
LSAN_OPTIONS=suppressions=$source/tests/support/leaks.txt:print_suppressions=0
OMP_WAIT_POLICY=passive
export LSAN_OPTIONS OMP_WAIT_POLICY

run() { # HARNESS
    mkdir -p "corpus/$1"
    set -- "$1" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=25 -print_final_stats=1 \
        -artifact_prefix="$found/$1-" "corpus/$1" "$source/tests/fuzz/seeds/$1"
    dictionary=$source/tests/fuzz/$1.dict
    [ -f "$dictionary" ] && set -- "$@" "-dict=$dictionary"
    name=$1
    shift
    "$build/tests/fuzz/fuzz-$name" "$@" >"$name.log" 2>&1 </dev/null
}

fuzz() { # HARNESS
    about "fuzzing $1 finds nothing"
    : >stdout
    run "$1" || {
        grep -v '^#' "$1.log" | tail -n 60 >stdout
        complain
    }
    executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$1.log")
    covered=$(sed -n 's/^#.* cov: \([0-9]*\) .*/\1/p' "$1.log" | tail -n 1)
    printf '%-18s %9s executions, %s edges covered%s\n' "$1" "${executed:-0}" "${covered:-no}" \
        "$(sed -n 's/^libhdf5.s own:/; in libhdf5:/p' "$1.log")"
    [ "${executed:-0}" -gt 0 ] && [ "${covered:-0}" -gt 1 ] || complain 'it ran nothing'
    count
}

if [ $# = 0 ]; then
    for file in "$source"/tests/fuzz/fuzz_*.c; do
        name=${file##*/fuzz_}
        set -- "$@" "${name%.c}"
    done
fi
for harness; do
    fuzz "$harness"
done
finish
