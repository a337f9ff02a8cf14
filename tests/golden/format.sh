#!/bin/sh
# The golden checkpoint in the hands of others: h5dump and h5ls, h5py, ncdump, and the program itself.
#
#     SOURCE=. VAE=build/vae PYTHON=python3 tests/golden/format.sh
#
# What is not installed is skipped. Ends with the line "N passed, N failed" (", N skipped") and status 0 or 1.
# Variables that are not set here are those of program.sh.
# shellcheck disable=SC2154
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"
cp "$source/tests/golden/format-1.h5" . || exit 1

# opens TOOL WORDS ARGUMENT...: it ends well, and prints the words.
opens() {
    about "$1 opens it: $*"
    words=$2 tool=$1
    shift 2
    command -v "$tool" >/dev/null || { skip "$tool: it is not installed"; return; }
    "$tool" "$@" >stdout 2>stderr || complain
    grep -q -e "$words" stdout || complain "expected $words"
    [ ! -s stderr ] || complain 'it warned'
    count
}

opens h5dump 'ATTRIBUTE "encoder"' -A format-1.h5
opens h5dump '"dense 8 tanh"' -a /model/encoder format-1.h5
opens h5dump '(0):' -d /parameters/encoder/0/weight format-1.h5
opens h5ls '^/parameters/encoder/0/weight Dataset {6, 8}' -r format-1.h5
opens ncdump 'float weight(in, out)\|float weight(' -h format-1.h5
opens ncdump 'elbo = ' -v /history/train/elbo format-1.h5

if python_has 'h5py, numpy'; then
    cat >read.py <<'END'
import h5py, zlib
found = []
with h5py.File("format-1.h5", "r") as file:
    assert file.attrs["format"] == b"libvae checkpoint" and file.attrs["format_version"] == 1
    def look(name, item):
        dict(item.attrs)
        if isinstance(item, h5py.Dataset):
            assert zlib.crc32(item[()].tobytes()) == item.attrs["crc32"], name
            found.append(name)
    file.visititems(look)
assert len(found) > 40, found
END
    check 'h5py reads it all, and every checksum holds' "$PYTHON" read.py
else
    skip 'h5py: there is no python3 with it'
fi

told 0 'dense 8 tanh' info format-1.h5
finish
