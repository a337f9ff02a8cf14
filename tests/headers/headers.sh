#!/bin/sh
# Every public header compiles alone, as C11, as C++17 and as C++20, with every compiler that is there; so does the
# declaration of tests/consumer/my_cvae.c, as C11 and C++20.
#
#     SOURCE=. tests/headers/headers.sh
#
# Ends with "N passed, N failed" (", N skipped") and status 0 or 1.
set -u
cd "${SOURCE:?expected SOURCE=top of the source tree}" || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

# compiles FILE COMPILER ARGUMENT...
compiles() {
    file=$1
    shift
    if "$@" -Wall -Wextra -Werror -pedantic -Iinclude -c "$file" -o "$work/object" >"$work/lines" 2>&1; then
        passed=$((passed + 1))
    else
        printf 'FAILED  %s: %s\n' "$file" "$*"
        sed 's/^/        /' "$work/lines"
        failed=$((failed + 1))
    fi
}

# A file of its own that includes the header twice: once alone, and once more for its guard.
includes() {
    printf '#include <%s>\n#include <%s>\nint nothing_else;\n' "$1" "$1" >"$work/$(basename "$1" .h).c"
    echo "$work/$(basename "$1" .h).c"
}

for pair in gcc:g++ clang:clang++; do
    c=${pair%:*} cxx=${pair#*:}
    if command -v "$c" >"$work/where"; then
        for header in include/vae/*.h; do
            compiles "$(includes "${header#include/}")" "$c" -std=c11
        done
        compiles tests/consumer/my_cvae.c "$c" -std=c11
    else
        printf 'skipped  no %s\n' "$c"
        skipped=$((skipped + 1))
    fi
    if command -v "$cxx" >"$work/where"; then
        for standard in c++17 c++20; do
            for header in include/vae/*.h; do
                compiles "$(includes "${header#include/}")" "$cxx" -std=$standard -x c++
            done
        done
        compiles tests/consumer/my_cvae.c "$cxx" -std=c++20 -Wno-missing-field-initializers -x c++
    else
        printf 'skipped  no %s\n' "$cxx"
        skipped=$((skipped + 1))
    fi
done

printf '%d passed, %d failed' $passed $failed
[ $skipped = 0 ] && echo || echo ", $skipped skipped"
[ $failed = 0 ] && [ $passed != 0 ]
