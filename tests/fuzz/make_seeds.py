"""Writes the seeds of the harnesses anew.

    python3 tests/fuzz/make_seeds.py

Inputs are as each harness's first lines have them. Nothing is random: the same files each time."""

import gzip
import pathlib
import struct
import zlib

import numpy as np

SEEDS = pathlib.Path(__file__).parent / "seeds"


def write(harness, name, content):
    path = SEEDS / harness / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


# ---- IDX ----


def idx(*shape, kind=8):
    size = int(np.prod(shape))
    return struct.pack(f">BBBB{len(shape)}I", 0, 0, kind, len(shape), *shape) + bytes(i % 11 for i in range(size))


def two(how, second, first):
    return struct.pack("<BH", how, len(second)) + second + first


FOLDER, LABELS = 4, 8
for form, name in enumerate(("plain", "gzip", "made", "made-of-two")):
    packed = (lambda b: gzip.compress(b, mtime=0)) if name == "gzip" else bytes
    write("idx", f"{name}-images", two(form, b"", packed(idx(3, 4, 5))))
    write("idx", f"{name}-channels", two(form, b"", packed(idx(2, 3, 4, 3))))
    write("idx", f"{name}-labels", two(form | LABELS, packed(idx(6)), b""))
    write("idx", f"{name}-folder", two(form | FOLDER, packed(idx(3)), packed(idx(3, 4, 5))))
write("idx", "large", two(0, b"", struct.pack(">BBBB4I", 0, 0, 8, 4, 1 << 31, 1 << 31, 1 << 31, 1)))

# ---- PNG ----


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(color, bits, more=b"", interlaced=False):
    """Of 9 × 10 pixels; an interlaced one is of seven images in turn."""
    starts = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
    values = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color]
    rows = b""
    for y, x, down, right in starts if interlaced else ((0, 0, 1, 1),):
        width = len(range(x, 10, right))
        for i in range(len(range(y, 9, down)) if width else 0):
            rows += bytes([i % 5]) + bytes(k % 7 for k in range((width * values * bits + 7) // 8))
    palette = chunk(b"PLTE", bytes(range(3 * 2**bits))) if color == 3 else b""
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 10, 9, bits, color, 0, 0, interlaced)) +
            palette + more + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


for color, bits in ((0, 1), (0, 2), (0, 8), (0, 16), (2, 8), (3, 1), (3, 4), (4, 8), (6, 8)):
    for interlaced in (False, True):
        write("png", f"{color}-{bits}" + ("-interlaced" if interlaced else ""), b"\1" + png(color, bits, b"", interlaced))
write("png", "clear", b"\1" + png(3, 4, chunk(b"tRNS", b"\0\1")))
write("png", "texts", b"\1" + png(0, 8, chunk(b"zTXt", b"Title\0\0" + zlib.compress(b"long" * 50))))
write("png", "profile", b"\1" + png(2, 8, chunk(b"iCCP", b"name\0\0" + zlib.compress(bytes(200)))))

# ---- NPY ----


def npy(array, version=(1, 0)):
    import io

    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version)
    return file.getvalue()


x = np.arange(12).reshape(4, 3)
LIST = 4
for kind in ("<f4", ">f8", "<f2", "|u1", ">i2", "<u8", "|b1"):
    write("npy", "x-" + kind.strip("<>|") + ("-turned" if kind[0] == ">" else ""), two(LIST, b"", npy(x.astype(kind))))
write("npy", "x-version-2", two(LIST, b"", npy(x.astype("<i4"), (2, 0))))
write("npy", "x-version-3", two(LIST, b"", npy(x.astype("<i4"), (3, 0))))
write("npy", "x-image", two(0, b"", npy(np.zeros((2, 3, 4, 3), "u1"))))
write("npy", "x-many", two(LIST, b"", npy(np.zeros((1, 1, 1, 1, 1, 1, 1), "u1"))))
write("npy", "x-none", two(LIST, b"", npy(np.zeros((), "u1"))))
write("npy", "x-fortran", two(0, b"", npy(np.asfortranarray(x.astype("<f4")))))
write("npy", "values", two(1, npy(np.ones((4, 2), "<f8")), npy(x.astype("<f4"))))
write("npy", "class-numbers", two(2, npy(np.array([3, -1, 3, 7])), npy(x.astype("u1"))))
write("npy", "class-bytes", two(2, npy(np.array([b"a", b"bc", b"a", b""])), npy(x.astype("u1"))))
write("npy", "class-words", two(2, npy(np.array(["a", "é€", "😀", ""])), npy(x.astype("u1"))))
write("npy", "class-words-turned", two(2, npy(np.array(["a", "é€", "😀", ""]).astype(">U2")), npy(x.astype("u1"))))
write("npy", "mask", two(3, npy(np.ones((4, 3), "u1")), npy(x.astype("<f4"))))

# ---- The little language ----

PHRASES = [
    "dense 500 relu, dense 500 relu", "dense 7", "dense 400 tanh, dense 12 gelu, dense 3 elu", "scale=0.001, binarize",
    "unit, binarize", "standardize", "log1p, standardize", "threshold=0.5", "scale=3", "raw", "bernoulli",
    "gaussian sigma=0.1", "gaussian", "poisson", "standard-normal", "elbo", "elbo beta=0.5", "dense 1e3 relu",
]  # fmt: skip
for number, phrase in enumerate(PHRASES):
    write("language", f"phrase-{number}", "\0" + phrase)
DECLARATIONS = [
    [], ["bernoulli", "unit", "standardize", "unit", "dense 5 relu, dense 4", "dense 5", "gaussian", "standard-normal", "elbo"],
    ["gaussian sigma=0.1", "scale=0.5, standardize", "", "standardize", "dense 9 gelu", "dense 3 softplus"],
    ["poisson", "raw", "log1p", "", "dense 3 leaky-relu"], ["bernoulli", "threshold=0.5"],
]  # fmt: skip
for number, lines in enumerate(DECLARATIONS):
    write("language", f"declaration-{number}", "\1" + "\n".join(lines))

# ---- Numbers ----

NUMBERS = ["0.1", "-3", "1e-4", ".5", "-0", "1e308", "2.2250738585072014e-308", "5e-324", "123456789012345678", "0x10",
           "inf", "nan", "1,5", "1e", "+1", " 1", "--1", "9007199254740993"]  # fmt: skip
for number, text in enumerate(NUMBERS):
    write("number", f"text-{number}", text)
for number, value in enumerate((0.1, -0.0, 1 / 3, 1e15, 999999999999999.9, 5e-324, float("inf"), float("nan"))):
    write("number", f"value-{number}", struct.pack("<d", value))

# ---- Checkpoints: edits of a sound one ----

CHANGE, VALUES, REPLACE, RETYPE, _, DELETE, LINK, REMOVE = range(8)


def text(value):
    return bytes([len(value), len(value)]) + value


for how in range(4):
    write("checkpoint", f"sound-{how}", bytes([how]))
for attribute in range(8):
    write("checkpoint", f"number-{attribute}", bytes([1, CHANGE, 5 * attribute, attribute, 8]) + struct.pack("<q", 3))
    write("checkpoint", f"delete-{attribute}", bytes([attribute & 3, DELETE, 7 * attribute, attribute]))
for number, word in enumerate((b"dense 5 relu", b"dense 9", b"gaussian", b"standardize", b"unit", b"float64", b"mask")):
    write("checkpoint", f"word-{number}", bytes([1, CHANGE, 24 + number, number]) + text(word))
for number in range(6):
    write("checkpoint", f"values-{number}", bytes([number & 1, VALUES, 9 * number, 1, 4]) + struct.pack("<f", -1.5))
    write("checkpoint", f"replace-{number}", bytes([1, REPLACE, 11 * number, 1, number, 1, 6, number, 8]) + b"abcdefgh")
    write("checkpoint", f"link-{number}", bytes([1, LINK, 3 * number, number, 5 * number + 1]))
    write("checkpoint", f"retype-{number}", bytes([1, RETYPE, 4 * number, number, number, 0, 8]) + b"12345678")
    write("checkpoint", f"remove-{number}", bytes([1, REMOVE, 6 * number + 1]))

# ---- Checkpoints: changed bytes ----

for how in range(8):
    write("checkpoint_bytes", f"sound-{how}", bytes([how]))
    write("checkpoint_bytes", f"cut-{how}", bytes([how]) + struct.pack("<I", 900 * how + 700)[:3] + b"\0")
for place in range(16):
    change = struct.pack("<I", 700 * place + 48)[:3] + b"\2\xff\1"
    write("checkpoint_bytes", f"changed-{place}", bytes([4 | place & 3]) + change)
