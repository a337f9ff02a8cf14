#!/bin/sh
# Folders of PNG files as data, from one command to the next; what is broken is named, and left out where that is asked for.
#
#     SOURCE=. VAE=build/vae PYTHON=python3 tests/command/folders.sh
#
# PYTHON has numpy, which makes the files; without it all is skipped. Ends with the line "N passed, N failed"
# (", N skipped") and status 0 or 1.
# Variables that are not set here are those of program.sh.
# shellcheck disable=SC2154
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"
need_python

"$PYTHON" - <<'END' || exit 1
import os, shutil, struct, zlib
import numpy as np

def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

def file_of(array, bits=8, more=b"", header=None):
    """Of shape (height, width) grey, (…, 2) with alpha, (…, 3) RGB, (…, 4) with alpha."""
    height, width = array.shape[:2]
    color = {1: 0, 2: 4, 3: 2, 4: 6}[array[0, 0].size]
    rows = b"".join(b"\0" + row.tobytes() for row in array)
    sizes = header or (width, height)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", *sizes, bits, color, 0, 0, 0)) + more +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))

def put(path, contents):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(contents)

rng = np.random.default_rng(1)
def image(*shape):
    return rng.integers(0, 256, shape).astype(np.uint8)

for i in range(30):
    put(f"pets/{('cat', 'dog', 'owl')[i % 3]}/{i:03}.png", file_of(image(6, 5, 3)))
put("pets/notes.txt", b"not a picture")
for i in range(10):
    put(f"owls/owl/{i:03}.png", file_of(image(6, 5, 3)))
    put(f"split/train/{i:03}.png", file_of(image(6, 5)))
    put(f"split/test/{i:03}.png", file_of(image(6, 5)))
put("hens/hen/1.png", file_of(image(6, 5, 3)))
for i in range(2000):
    put(f"many/{i:05}.png", file_of(image(4, 4)))
whole = file_of(image(4, 4))
shutil.copytree("many", "sound")
put("many/00777.png", whole[:-20])
put("many/01500.png", b"")
bad = {"cut": whole[:60], "sum": whole[:50] + bytes([whole[50] ^ 1]) + whole[51:], "empty": b"", "text": b"no picture\n",
       "huge": file_of(image(4, 4), header=(10**9, 10**9)), "deep": file_of(image(4, 8), 16, header=(4, 4)),
       "alpha": file_of(image(4, 4, 4)), "greyalpha": file_of(image(4, 4, 2)),
       "clear": file_of(image(4, 4), more=chunk(b"tRNS", b"\0\1")), "large": file_of(image(5, 4)),
       "colour": file_of(image(4, 4, 3))}
for name, contents in bad.items():
    put(f"{name}/a.png", whole)
    put(f"{name}/b.png", contents)
os.makedirs("bare/below")
END

# leaves COUNT FIRST ARGUMENT...: the program does it, and one line tells how many files it left out and the first of them.
leaves() {
    left=$1 first=$2
    shift 2
    about "vae $*"
    vae "$@" || complain "expected status 0, found $found"
    grep -Eqx "vae $1: [a-z]+: left out $left broken files?; the first is $first" stderr ||
        complain "expected $left left out, the first $first"
    [ "$(wc -l <stderr)" = 1 ] || complain 'expected one line'
    count
}

small="--latent 2 --batch 10 --epochs 1"

# ---- What is read ----

told 0 '^pets: all 30$' data pets
told 0 'x +image, uint8, 6 × 5 × 3$' data pets
told 0 '3 classes and their rows: cat: 10, dog: 10, owl: 10$' data pets
told 0 '^split/: train 10, test 10$' data split/
told 0 'x +image, uint8, 6 × 5$' data split
# shellcheck disable=SC2086
{
    told 0 '^data    pets: train 24, test 6' train cvae --data pets --condition digit=class --encoder 'dense 4 relu' \
        --decoder 'dense 4 relu' --test 0.2 $small --out pets.h5
    told 0 'digit, 3 classes: "cat", "dog", "owl"' info pets.h5
    told 0 '^split +test, 6 examples' eval pets.h5 --data pets
    told 0 '^split +all, 10 examples' eval pets.h5 --data owls
    told 1 'hens/hen: row 0: expected one of the classes "cat", "dog", "owl", found "hen"' eval pets.h5 --data hens
    told 0 'owl.png' sample pets.h5 --condition digit=owl --count 2 --out owl.png
    told 1 'its PNG files lie in no folders of classes' train cvae --data split $small --out none.h5
}

# ---- What is broken ----

told 1 '^vae data: many/00777.png: expected .*cut short \(--skip-broken leaves such files out\)$' data many
leaves 2 many/00777.png data many --skip-broken
check 'the others are there' grep -q '^many: all 1998$' stdout
check 'the line to begin with has the option' grep -q 'vae train vae --data many --skip-broken --like' stdout
net="--encoder 'dense 4 relu' --decoder 'dense 4 relu'"
eval "leaves 2 many/00777.png train vae --data many --skip-broken $net $small --out many.h5"
told 1 '^vae eval: many/00777.png: ' eval many.h5 --data many
leaves 2 many/00777.png eval many.h5 --data many --skip-broken
check 'evaluated on the rest' grep -q '^split  *all, 1998 examples' stdout
leaves 2 many/00777.png encode many.h5 --data many --skip-broken --out codes.h5
leaves 2 many/00777.png train --resume many.h5 --skip-broken --epochs 2
told 1 '^vae train: many/00777.png: ' train --resume many.h5 --epochs 3
leaves 2 many/00777.png plot many.h5 --data many --skip-broken --scatter many.svg
leaves 2 many/00777.png check many.h5 --data many --skip-broken --examples 2
told 0 '^split +all, 2000 examples' eval many.h5 --data sound --skip-broken
told 2 '--skip-broken: expected --data SRC beside it' graph vae --skip-broken

for kind in 'cut b.png: expected .*cut short' 'sum b.png: expected a sound PNG file, found damage: ' \
    'empty b.png: expected a PNG file, found an empty one' 'text b.png: expected a PNG file, found none' \
    'huge b.png: expected a size that can be, found 1000000000 × 1000000000 pixels'; do
    told 1 "^vae data: ${kind%% *}/${kind#* }" data "${kind%% *}"
    leaves 1 "${kind%% *}/b.png" data "${kind%% *}" --skip-broken
done

# ---- What is refused: sound, but not of this data ----

for kind in 'deep b.png: expected 8 bits a value, found 16$' \
    'alpha b.png: expected grey or RGB without alpha, found RGB with alpha$' \
    'greyalpha b.png: expected grey or RGB without alpha, found grey with alpha$' \
    'clear b.png: expected grey or RGB without alpha, found colours that are transparent' \
    'large b.png: expected an image of 4 × 4, grey, as in large/a.png, found 5 × 4, grey$' \
    'colour b.png: expected an image of 4 × 4, grey, as in colour/a.png, found 4 × 4, RGB$'; do
    told 1 "^vae data: ${kind%% *}/${kind#* }" data "${kind%% *}"
    told 1 "^vae data: ${kind%% *}/${kind#* }" data "${kind%% *}" --skip-broken
done
told 1 'bare: expected train-images-idx3-ubyte.* in it, or PNG files or folders of them, found neither$' data bare

finish
