#!/bin/sh
# Files that mean harm: each ends in one line of complaint and status 1, in seconds and some memory, opens no other file
# and loads no code; and a fault within libhdf5 is an error like another.
#
#     SOURCE=. VAE=build/vae PYTHON=python3 PLUGIN=build/tests/libplanted.so FAULT=build/tests/libfault_shim.so \
#         tests/hostile/hostile.sh
#
# tests/hostile/make.py makes them, with one trained here to begin with; tests/hostile/run.py has the limits. VAE_TEST_SLOW=1:
# more of them, and every run traced. Ends with the line "N passed, N failed" (", N skipped") and status 0 or 1.
# Variables that are not set here are those of program.sh.
# shellcheck disable=SC2154
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"
PLUGIN=${PLUGIN:?expected PLUGIN=a filter to plant}
FAULT=${FAULT:?expected FAULT=a library to preload}
need_python
export PYTHONDONTWRITEBYTECODE=1
sanitized() {
    LC_ALL=C grep -Eq '__(a|t)san_init' "$VAE"
}
sanitized && { skip 'hostile files: a sanitizer takes more address space than there may be'; finish; }

does train cvae --data digits:60 --epochs 1 --latent 2 --encoder 'dense 8 relu' --decoder 'dense 8 relu' --batch 20 \
    --out good.h5
does verify good.h5

# ---- A fault within libhdf5 ----

for fault in crash end allocate loop; do
    case $fault in
    loop) words='good\.h5: expected a libvae checkpoint, found a file that takes longer than 8 s to read' ;;
    *) words='good\.h5: expected a libvae checkpoint, found a file so damaged that reading it crashes' ;;
    esac
    export VAE_FAULT=$fault LD_PRELOAD="$FAULT"
    told 1 "^vae verify: $words\$" verify good.h5
    unset VAE_FAULT LD_PRELOAD
done

# ---- Code on the path of plug-ins ----

mkdir plugins files
cp "$PLUGIN" plugins/libplanted.so
cp good.h5 files
HDF5_PLUGIN_PATH=$work/plugins VAE_PLANTED=$work/planted
export HDF5_PLUGIN_PATH VAE_PLANTED
# Values and links go through the filter, so that they cannot be read without it.
check 'the files are made' "$PYTHON" "$source/tests/hostile/make.py" files ${VAE_TEST_SLOW:+--slow}
check 'making them loads the plug-in' test -e planted
rm -f planted
# The control: who looks for the filter loads it.
if command -v h5dump >stdout 2>stderr; then
    h5dump -d /parameters/encoder/0/weight files/checkpoint-planted-filter.h5 >stdout 2>stderr
    check 'h5dump loads the plug-in' test -e planted
    rm -f planted
else
    skip 'that the plug-in can be loaded: there is no h5dump'
fi

# ---- Each file ----

"$PYTHON" "$source/tests/hostile/run.py" "$VAE" files ${VAE_TEST_SLOW:+--slow} >ran 2>&1
cat ran
last=$(tail -n 1 ran)
case $last in
*' passed, '*' failed, '*' skipped')
    counts=$(echo "$last" | tr -cd '0-9 ')
    # shellcheck disable=SC2086
    set -- $counts
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
    ;;
*) fail 'tests/hostile/run.py ends with what it counted' ;;
esac
check 'no plug-in was loaded' test ! -e planted
finish
