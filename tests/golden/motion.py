#!/usr/bin/env python3
"""Rows of the source `motion`, by NumPy from what its documentation says and the layout of its random numbers.

    /usr/bin/python3 tests/golden/motion.py > tests/golden/motion.txt

A record is: split, row, field, and the CRC-32 of the row's stored values, little-endian. The seed is 7. Here every
sample of every pixel is looked at, and a point is within a shape by the sides or the circle that bound it.
"""
import zlib
import numpy as np

SEED = 7
SIDE, FRAMES, REACH = 32, 4, 4.5
CENTRES = 4.0 * np.arange(8) + 2
DISC, SQUARE, TRIANGLE = range(3)
# To the right, downwards; each evenly and by the square of time: of way 0, of way 1.
WAYS = {
    DISC: (((-8, 0), (0, 0)), ((8, 0), (0, 0))),
    SQUARE: (((0, 0), (0, -8)), ((0, 0), (0, 8))),
    TRIANGLE: (((0, -6), (-6, 0)), ((0, 6), (-6, 0))),
}


def words(label, example, block):
    """Philox4x32-10, keyed by the seed; the stream is FNV-1a of "motion/label"."""
    stream = 2166136261
    for byte in ("motion/" + label).encode():
        stream = (stream ^ byte) * 16777619 & 0xFFFFFFFF
    c, k0, k1 = [block, example, 0, stream], SEED, 0
    for _ in range(10):
        first, second = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [second >> 32 ^ c[1] ^ k0, second & 0xFFFFFFFF, first >> 32 ^ c[3] ^ k1, first & 0xFFFFFFFF]
        k0, k1 = k0 + 0x9E3779B9 & 0xFFFFFFFF, k1 + 0xBB67AE85 & 0xFFFFFFFF
    return c


def one_of(word, count):
    return word * count >> 32


def between(low, high, word):
    return low + (high - low) * ((word >> 8) / 2.0**24)


def inside(kind, x, y):
    """Points right of and below the centre, in pixels."""
    x, y = x / REACH, y / REACH
    if kind == DISC:
        return x * x + y * y < 1
    if kind == SQUARE:
        return (np.abs(x) < 0.5**0.5) & (np.abs(y) < 0.5**0.5)
    return (y < 0.5) & (3**0.5 * np.abs(x) - y < 1)


def scene(example):
    """(kind, x, y, grey, way, speed, which cells) of each shape."""
    shapes = []
    count = 1 + one_of(words("still", example, 0)[0], 3)
    for place in range(9):
        taken, kind, grey, _ = words("still", example, 1 + place)
        if one_of(taken, 9 - place) >= count - len(shapes):
            continue
        index, attempt, cells = len(shapes), 0, np.zeros(1)
        while not cells.any():
            across, along = words("jitter", example, 3 * attempt + index)[:2]
            x = 5 + 11 * (place % 3) + between(-0.5, 0.5, across)
            y = 5 + 11 * (place // 3) + between(-0.5, 0.5, along)
            cells = inside(one_of(kind, 3), CENTRES[None, :] - x, CENTRES[:, None] - y)
            attempt += 1
        way, speed = words("future", example, index)[:2]
        shapes.append((one_of(kind, 3), x, y, 144 + one_of(grey, 112), one_of(way, 2), between(0.8, 1.2, speed), cells))
    return shapes


def displacement(kind, way, speed, frame):
    time = frame / FRAMES
    return [speed * (even * time + growing * time**2) for even, growing in WAYS[kind][way]]


def future(shapes, ways, speeds):
    x = np.zeros((8, 8, 2 * FRAMES))
    for (kind, *_, cells), way, speed in zip(shapes, ways, speeds):
        x[cells] = np.concatenate([displacement(kind, way, speed, frame) for frame in range(1, FRAMES + 1)])
    return x


def picture(shapes, frame):
    pixels = np.zeros((SIDE, SIDE), np.uint8)
    samples = (np.arange(8 * SIDE) + 0.5) / 8
    for kind, x, y, grey, way, speed, _ in shapes:
        right, down = displacement(kind, way, speed, frame)
        within = inside(kind, samples[None, :] - (x + right), samples[:, None] - (y + down))
        covered = within.reshape(SIDE, 8, SIDE, 8).sum(axis=(1, 3))
        pixels = np.maximum(pixels, ((grey * covered + 32) // 64).astype(np.uint8))
    return pixels


def example_of(number):
    shapes = scene(number)
    count, ways = len(shapes), [shape[4] for shape in shapes]
    noise = [between(-0.1, 0.1, word) for block in range(128) for word in words("noise", number, block)]
    modes = np.full((8, 8, 8, 2 * FRAMES), np.nan, np.float32)
    for k in range(2**count):
        modes[k] = future(shapes, [k >> i & 1 for i in range(count)], [1] * count)
    return {
        "x": (future(shapes, ways, [shape[5] for shape in shapes]) + np.reshape(noise, (8, 8, 8))).astype("<f4"),
        "still": picture(shapes, 0),
        "frames": np.concatenate([picture(shapes, frame) for frame in range(1, FRAMES + 1)]),
        "modes": modes.astype("<f4"),
        "count": np.array(count - 1, "<i4"),
        "mode": np.array(sum(way << i for i, way in enumerate(ways)), "<i4"),
    }


for split, first, rows in ("train", 0, 24), ("test", 1 << 31, 4):
    for row in range(rows):
        for field, values in example_of(first + row).items():
            print(split, row, field, "%08x" % zlib.crc32(values.tobytes()))
