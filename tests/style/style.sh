#!/bin/sh
# The looks of the tree: C by clang-format 14 (others set some lines otherwise), scripts by shellcheck.
#
#     SOURCE=. tests/style/style.sh
#
# Ends with "N passed, N failed" (", N skipped") and status 0 or 1.
set -u
cd "${SOURCE:?expected SOURCE=top of the source tree}" || exit 1
passed=0 failed=0 skipped=0

check() { # FILE COMMAND...
    file=$1
    shift
    if "$@" "$file"; then
        passed=$((passed + 1))
    else
        printf 'FAILED  %s: %s\n' "$file" "$*"
        failed=$((failed + 1))
    fi
}

if clang-format --version 2>&1 | grep -q 'version 14\.'; then
    for file in $(find docs graph include models src tests tools -name '*.[ch]' | sort); do
        check "$file" clang-format --dry-run -Werror
    done
else
    echo 'skipped  no clang-format 14'
    skipped=$((skipped + 1))
fi
if shellcheck --version 2>&1 | grep -q ShellCheck; then
    for file in tools/demo tools/test tools/packages tools/install/vae.bash .ci/run $(find tests -name '*.sh' | sort); do
        check "$file" shellcheck --exclude=SC1091 --severity=warning
    done
else
    echo 'skipped  no shellcheck'
    skipped=$((skipped + 1))
fi

printf '%d passed, %d failed' $passed $failed
[ $skipped = 0 ] && echo || echo ", $skipped skipped"
[ $failed = 0 ]
