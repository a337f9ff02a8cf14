/*
 * PNG files. An input is a byte and a file. Bit 0 of the byte: the checksums of chunks are made right first, so that
 * what lies behind them is reached.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "src/picture/png_read.h"
#include "tests/fuzz/fuzz.h"

enum { SIGNATURE = 8, AROUND = 12, MOST_VALUES = 1 << 24 };

static uint32_t number_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void put_checksums(uint8_t *bytes, size_t size)
{
    for (size_t at = SIGNATURE; at + AROUND <= size;) {
        size_t length = number_at(bytes + at);
        if (length > size - at - AROUND)
            break;
        uint32_t sum = (uint32_t)crc32(0, bytes + at + 4, (uInt)length + 4);
        for (int i = 0; i < 4; i++)
            bytes[at + 8 + length + (size_t)i] = (uint8_t)(sum >> 8 * (3 - i));
        at += AROUND + length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input input = { bytes, size };
    fuzz_most_memory((size_t)64 << 20);
    int how = (int)fuzz_take(&input, 1);
    uint8_t *file = malloc(input.left + 1); /* exactly as large, but for its end */
    size_t count = input.left;
    vae__png png;
    if (count)
        memcpy(file, input.at, count);
    if (how & 1)
        put_checksums(file, count);
    if (fuzz_is_well(vae__png_header("a.png", file, count, &png))) {
        size_t values = (size_t)(png.height * png.width * png.channels);
        fuzz_expect(png.height > 0 && png.width > 0 && (png.channels == 1 || png.channels == 3),
                    "a size that cannot be");
        uint8_t *pixels = values <= MOST_VALUES ? malloc(values) : NULL;
        if (pixels)
            (void)fuzz_is_well(vae__png_decode("a.png", file, count, &png, pixels));
        free(pixels);
    }
    free(file);
    return 0;
}
