#!/bin/sh
# docs/Doxyfile makes pages of the public headers, without a warning, and every comment before a function is in them.
#
#     SOURCE=. tests/headers/doxygen.sh
#
# Ends with "N passed, N failed" (", N skipped") and status 0 or 1.
set -u
cd "${SOURCE:?expected SOURCE=top of the source tree}" || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

if ! command -v doxygen >"$work/where"; then
    echo 'skipped  no doxygen'
    echo '0 passed, 0 failed, 1 skipped'
    exit 0
fi

check() { # WHAT COMMAND...
    what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        printf 'FAILED  %s\n' "$what"
        failed=$((failed + 1))
    fi
}

# A page's text, and a comment's, as letters and digits alone: neither breaks nor quotes matter.
letters() {
    sed 's/<[^>]*>//g; s/&[a-z#0-9]*;//g' | LC_ALL=C tr -cd 'A-Za-z0-9'
}

# Of each function the first line of the comment right before it: "name text".
described() { # HEADER
    awk '/^\/\*/ && !/^\/\* ----/ { text = $0; fresh = 1 }
        /^ \*/ && fresh && text == "/*" { text = $0 }
        /^VAE_API/ && said && match($0, /vae_[a-z0-9_]*\(/) { print substr($0, RSTART, RLENGTH - 1), text }
        { said = /\*\/$/ && fresh; if (!/^( \*|\/\*)/) fresh = said = 0 }' "$1"
}

{ cat docs/Doxyfile && printf 'OUTPUT_DIRECTORY = %s\n' "$work"; } | doxygen - >"$work/lines" 2>&1
check 'doxygen docs/Doxyfile' test $? = 0
cat "$work/lines"
check 'it warns of nothing' test ! -s "$work/lines"
check 'a front page' grep -q 'declare a variant' "$work/html/index.html"
for header in include/vae/*.h; do
    name=$(basename "$header" .h)
    letters <"$work/html/${name}_8h.html" >"$work/page"
    check "$header: a page" test -s "$work/page"
    described "$header" >"$work/described"
    while read -r function text; do
        check "$function: \"$text\" is on its page" grep -q "$(echo "$text" | letters)" "$work/page"
        echo "$function" >>"$work/functions"
    done <"$work/described"
done
for function in vae_executor_run vae_train vae_model_new; do
    check "$function: is among those looked for" grep -qx $function "$work/functions"
done

printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ]
