/*
 * IDX files. An input is a byte, the size of the labels' file (two bytes), that file, and the images'. The byte says
 * whether each is plain, gzip as it stands there, or gzipped here, so that what is inside is reached in one or two
 * members; and whether one file is read alone or both as the folder they are in.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vae/data.h>
#include <zlib.h>

#include "src/base/memory.h"
#include "src/data/idx.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerInitialize(int *count, char ***arguments);

static char folders[2][64]; /* of empty files, plain and gzip, for those who look whether they are there */
static const char *const names[2][2] = {
    { "train-images-idx3-ubyte", "train-labels-idx1-ubyte" },
    { "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz" },
};

static void remove_folders(void)
{
    char path[128];
    for (int gzip = 0; gzip < 2; gzip++) {
        for (int i = 0; i < 2; i++) {
            snprintf(path, sizeof path, "%s/%s", folders[gzip], names[gzip][i]);
            remove(path);
        }
        rmdir(folders[gzip]);
    }
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count;
    (void)arguments;
    char path[128];
    for (int gzip = 0; gzip < 2; gzip++) {
        strcpy(folders[gzip], "/tmp/vae-fuzz-idx-XXXXXX");
        fuzz_expect(mkdtemp(folders[gzip]) != NULL, "no folder can be made");
        for (int i = 0; i < 2; i++) {
            snprintf(path, sizeof path, "%s/%s", folders[gzip], names[gzip][i]);
            FILE *file = fopen(path, "w");
            fuzz_expect(file && !fclose(file), "no file can be made");
        }
    }
    atexit(remove_folders);
    return 0;
}

/* Appends a gzip member; the bytes written. */
static size_t deflate_member(const uint8_t *bytes, size_t size, uint8_t *to, size_t room)
{
    z_stream stream = { 0 };
    fuzz_expect(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK, "no memory to deflate");
    stream.next_in = (Bytef *)(uintptr_t)bytes;
    stream.avail_in = (uInt)size;
    stream.next_out = to;
    stream.avail_out = (uInt)room;
    fuzz_expect(deflate(&stream, Z_FINISH) == Z_STREAM_END, "no room to deflate");
    deflateEnd(&stream);
    return stream.total_out;
}

typedef struct contents {
    const uint8_t *bytes;
    size_t size;
    uint8_t *made; /* to be freed */
} contents;

enum { PLAIN, GZIP, MADE, MADE_OF_TWO };

static contents contents_of(const uint8_t *bytes, size_t size, int form)
{
    contents is = { bytes, size, NULL };
    if (form < MADE)
        return is;
    size_t room = 2 * size + 256, first = form == MADE ? size : size / 2;
    is.bytes = is.made = malloc(room);
    is.size = deflate_member(bytes, first, is.made, room);
    if (form == MADE_OF_TWO)
        is.size += deflate_member(bytes + first, size - first, is.made + is.size, room - is.size);
    return is;
}

/* Reads one file as whoever wants so many dimensions. */
static void read_one(const char *path, int least, int most)
{
    vae__idx idx;
    unsigned char *values = NULL;
    if (fuzz_is_well(vae__idx_open(path, least, most, &idx))) {
        fuzz_expect(idx.rank >= least && idx.rank <= most && idx.size, "an IDX file of a shape that was not asked for");
        if (!vae__allocate(path, idx.size, 1, &values).code)
            (void)fuzz_is_well(vae__idx_read(&idx, values));
    }
    vae__free(values);
    vae__idx_close(&idx);
}

static void read_folder(bool gzip)
{
    vae_data *data = NULL;
    vae_data_options options = { .threads = 1 };
    if (fuzz_is_well(vae_data_open(folders[gzip], &options, &data)))
        fuzz_expect(vae_data_rows(data, VAE_TRAIN) > 0, "data without rows");
    vae_data_free(&data);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input input = { bytes, size };
    size_t label_size, image_size;
    fuzz_most_memory((size_t)64 << 20);
    int how = (int)fuzz_take(&input, 1);
    size_t wanted = (size_t)fuzz_take(&input, 2);
    const uint8_t *label_bytes = fuzz_take_bytes(&input, wanted, &label_size);
    const uint8_t *image_bytes = fuzz_take_bytes(&input, input.left, &image_size);
    int form = how & 3;
    contents labels = contents_of(label_bytes, label_size, form), images = contents_of(image_bytes, image_size, form);
    fuzz_file(names[form != PLAIN][0], images.bytes, images.size);
    fuzz_file(names[form != PLAIN][1], labels.bytes, labels.size);
    if (how & 4)
        read_folder(form != PLAIN);
    else
        read_one(names[form != PLAIN][how >> 3 & 1], how & 8 ? 1 : 1 + (how >> 4 & 3), how & 8 ? 1 : 4);
    free(labels.made);
    free(images.made);
    return 0;
}
