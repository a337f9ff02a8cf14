/* IDX files, plain or gzipped, and the source that reads a folder of them. Values are read straight into the buffer
 * they stay in: a gzip file is inflated from small pieces. */
#include "src/data/idx.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "src/base/memory.h"
#include "src/base/parallel.h"
#include "src/base/status.h"
#include "src/base/system.h"
#include "src/base/text.h"
#include "src/data/data.h"

/* Bytes of a file, in order: as they are, or inflated. */

/* Deflate makes of a byte at most 1032: 258 for a match that takes two bits. */
enum { PIECE = 1 << 16, GZIP_WINDOW = 15 + 16, INFLATE_AT_ONCE = 1 << 30, INFLATE_MOST = 1032 };

struct vae__idx_input {
    int file;
    int64_t file_size;
    bool gzip;
    bool inflating; /* `inflater` holds memory */
    bool between;   /* A member of the gzip file has ended; here the file may end, too. */
    z_stream inflater;
    unsigned char piece[PIECE];
};

static voidpf inflater_allocate(voidpf unused, uInt count, uInt size)
{
    (void)unused;
    return vae__alloc(count, size);
}

static void inflater_free(voidpf unused, voidpf memory)
{
    (void)unused;
    vae__free(memory);
}

/* Up to `size` bytes of the file itself; *count is less at its end only. */
static vae_status read_file(const vae__idx *idx, unsigned char *bytes, size_t size, size_t *count)
{
    for (*count = 0; *count < size;) {
        ssize_t some = vae__system_read(idx->input->file, bytes + *count, size - *count);
        if (some < 0 && errno == EINTR)
            continue;
        if (some < 0)
            return vae__error_errno(idx->path, "cannot read");
        if (!some)
            break;
        *count += (size_t)some;
    }
    return vae__ok();
}

static vae_status refill(const vae__idx *idx)
{
    struct vae__idx_input *in = idx->input;
    size_t count = 0;
    VAE__TRY(read_file(idx, in->piece, PIECE, &count));
    in->inflater.next_in = in->piece;
    in->inflater.avail_in = (uInt)count;
    return vae__ok();
}

/* One call of zlib's, up to `size` bytes. At the end of a member it makes ready for another: gzip files may be joined.
 */
static vae_status inflate_some(const vae__idx *idx, unsigned char *bytes, size_t size, size_t *count)
{
    struct vae__idx_input *in = idx->input;
    size_t room = size < INFLATE_AT_ONCE ? size : INFLATE_AT_ONCE;
    in->inflater.next_out = bytes;
    in->inflater.avail_out = (uInt)room;
    int result = inflate(&in->inflater, Z_NO_FLUSH);
    *count = room - in->inflater.avail_out;
    in->between = result == Z_STREAM_END;
    if (in->between)
        result = inflateReset(&in->inflater);
    if (result == Z_MEM_ERROR)
        return vae__error(VAE_ERROR_MEMORY, "%s: no memory to inflate it", idx->path);
    if (result != Z_OK && result != Z_BUF_ERROR)
        return vae__error(VAE_ERROR_FORMAT, "%s: expected sound gzip data, found damage: %s", idx->path,
                          in->inflater.msg ? in->inflater.msg : "a dictionary is asked for");
    return vae__ok();
}

static vae_status read_gzip(const vae__idx *idx, unsigned char *bytes, size_t size, size_t *count)
{
    struct vae__idx_input *in = idx->input;
    for (*count = 0; *count < size;) {
        if (!in->inflater.avail_in)
            VAE__TRY(refill(idx));
        if (!in->inflater.avail_in && in->between)
            break;
        if (!in->inflater.avail_in)
            return vae__error(VAE_ERROR_FORMAT,
                              "%s: expected more gzip data, found the end of the file after %" PRId64
                              " bytes: it was cut short",
                              idx->path, in->file_size);
        size_t some = 0;
        VAE__TRY(inflate_some(idx, bytes + *count, size - *count, &some));
        *count += some;
    }
    return vae__ok();
}

/* Up to `size` bytes of contents; *count is less at their end only. */
static vae_status read_bytes(const vae__idx *idx, unsigned char *bytes, size_t size, size_t *count)
{
    return (idx->input->gzip ? read_gzip : read_file)(idx, bytes, size, count);
}

static vae_status open_input(const vae__idx *idx)
{
    struct vae__idx_input *in = idx->input;
    in->file = vae__system_open(idx->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
    if (in->file < 0)
        return vae__error_errno(idx->path, "cannot open");
    struct stat about;
    if (fstat(in->file, &about))
        return vae__error_errno(idx->path, "cannot look at it");
    if (!S_ISREG(about.st_mode))
        return vae__error(VAE_ERROR_FILE, "%s: expected a plain file, found a %s", idx->path,
                          S_ISDIR(about.st_mode) ? "folder" : "special file");
    in->file_size = about.st_size;
    in->gzip = vae__text_ends(idx->path, ".gz");
    if (!in->file_size)
        return vae__error(VAE_ERROR_FORMAT, "%s: expected an IDX file, found an empty one", idx->path);
    if (!in->gzip)
        return vae__ok();
    in->inflater.zalloc = inflater_allocate;
    in->inflater.zfree = inflater_free;
    if (inflateInit2(&in->inflater, GZIP_WINDOW) != Z_OK)
        return vae__error(VAE_ERROR_MEMORY, "%s: no memory to inflate it", idx->path);
    in->inflating = true;
    return vae__ok();
}

/* The IDX format. */

static const struct {
    int code;
    const char *name;
} idx_types[] = { { 0x08, "unsigned bytes" }, { 0x09, "signed bytes" }, { 0x0b, "int16" },
                  { 0x0c, "int32" },          { 0x0d, "float32" },      { 0x0e, "float64" } };

static const char *type_name(int code)
{
    for (size_t i = 0; i < sizeof idx_types / sizeof *idx_types; i++)
        if (idx_types[i].code == code)
            return idx_types[i].name;
    return "no type of IDX's";
}

/* "60000 × 28 × 28" */
static const char *shape_text(const int64_t *shape, int rank, char text[128])
{
    return vae__text_sizes(text, 128, shape, rank, " × ");
}

static vae_status check_magic(const vae__idx *idx, const unsigned char magic[4], int least, int most)
{
    if (magic[0] == 0x1f && magic[1] == 0x8b)
        return vae__error(VAE_ERROR_FORMAT, "%s: expected an IDX file, found a gzip file: its name should end in .gz",
                          idx->path);
    if (magic[0] || magic[1])
        return vae__error(VAE_ERROR_FORMAT, "%s: expected an IDX file, which begins with bytes 00 00, found %02x %02x",
                          idx->path, magic[0], magic[1]);
    if (magic[2] != 0x08)
        return vae__error(VAE_ERROR_FORMAT, "%s: expected unsigned bytes (type 0x08), found type 0x%02x (%s)",
                          idx->path, magic[2], type_name(magic[2]));
    if (least == most && magic[3] != most)
        return vae__error(VAE_ERROR_FORMAT, "%s: expected %d dimension, found %d", idx->path, most, magic[3]);
    if (magic[3] < least || magic[3] > most)
        return vae__error(VAE_ERROR_FORMAT, "%s: expected %d to %d dimensions, found %d", idx->path, least, most,
                          magic[3]);
    return vae__ok();
}

/* Can the file hold so many bytes? A gzip file's size bounds what may be allocated for it. */
static vae_status check_file_size(const vae__idx *idx, int64_t whole)
{
    char text[128];
    int64_t found = idx->input->file_size;
    if (!idx->input->gzip && found != whole)
        return vae__error(VAE_ERROR_FORMAT, "%s: expected %" PRId64 " bytes for %s, found %" PRId64, idx->path, whole,
                          shape_text(idx->shape, idx->rank, text), found);
    if (idx->input->gzip && whole / INFLATE_MOST > found)
        return vae__error(VAE_ERROR_FORMAT,
                          "%s: expected %" PRId64 " bytes for %s, found %" PRId64 " of gzip, which cannot hold them",
                          idx->path, whole, shape_text(idx->shape, idx->rank, text), found);
    return vae__ok();
}

/* Is the shape one that can be? Sets the size. */
static vae_status check_shape(vae__idx *idx)
{
    char text[128];
    int64_t size = 1;
    for (int i = 0; i < idx->rank; i++)
        if (!idx->shape[i] || __builtin_mul_overflow(size, idx->shape[i], &size))
            return vae__error(VAE_ERROR_FORMAT, "%s: expected a size that can be, found %s", idx->path,
                              shape_text(idx->shape, idx->rank, text));
    if (idx->shape[0] > VAE__ROWS_MAX)
        return vae__error(VAE_ERROR_FORMAT, "%s: expected at most %" PRId64 " rows, found %" PRId64, idx->path,
                          VAE__ROWS_MAX, idx->shape[0]);
    int64_t whole = 4 + 4 * idx->rank;
    if ((uint64_t)size > SIZE_MAX - 64 || __builtin_add_overflow(whole, size, &whole))
        return vae__error(VAE_ERROR_FORMAT, "%s: expected a size that can be, found %s", idx->path,
                          shape_text(idx->shape, idx->rank, text));
    VAE__TRY(check_file_size(idx, whole));
    idx->size = (size_t)size;
    return vae__ok();
}

static vae_status read_header_part(const vae__idx *idx, unsigned char *bytes, size_t size, size_t before)
{
    size_t count = 0;
    VAE__TRY(read_bytes(idx, bytes, size, &count));
    if (count < size)
        return vae__error(VAE_ERROR_FORMAT, "%s: expected an IDX header of %zu bytes%s, found %zu", idx->path,
                          before + size, before ? "" : " or more", before + count);
    return vae__ok();
}

static vae_status read_header(vae__idx *idx, int least, int most)
{
    unsigned char magic[4], dimensions[4 * VAE_MAX_RANK];
    VAE__TRY(read_header_part(idx, magic, 4, 0));
    VAE__TRY(check_magic(idx, magic, least, most));
    idx->rank = magic[3];
    VAE__TRY(read_header_part(idx, dimensions, 4 * (size_t)idx->rank, 4));
    for (int i = 0; i < idx->rank; i++) {
        const unsigned char *d = dimensions + 4 * i;
        idx->shape[i] = (int64_t)d[0] << 24 | d[1] << 16 | d[2] << 8 | d[3];
    }
    return check_shape(idx);
}

vae_status vae__idx_open(const char *path, int least, int most, vae__idx *idx)
{
    *idx = (vae__idx){ 0 };
    VAE__TRY(vae__copy_string(path, &idx->path));
    VAE__TRY(vae__allocate(path, 1, sizeof *idx->input, &idx->input));
    idx->input->file = -1;
    VAE__TRY(open_input(idx));
    return read_header(idx, least, most);
}

vae_status vae__idx_read(vae__idx *idx, unsigned char *values)
{
    char text[128];
    size_t count = 0, more = 0;
    unsigned char probe;
    VAE__TRY(read_bytes(idx, values, idx->size, &count));
    if (count < idx->size)
        return vae__error(VAE_ERROR_FORMAT, "%s: expected %zu bytes for %s, found %zu", idx->path, idx->size,
                          shape_text(idx->shape, idx->rank, text), count);
    VAE__TRY(read_bytes(idx, &probe, 1, &more)); /* To the end of a gzip file: its checksum is there. */
    if (more)
        return vae__error(VAE_ERROR_FORMAT, "%s: expected %zu bytes for %s, found more", idx->path, idx->size,
                          shape_text(idx->shape, idx->rank, text));
    return vae__ok();
}

void vae__idx_close(vae__idx *idx)
{
    struct vae__idx_input *in = idx->input;
    if (in && in->inflating)
        inflateEnd(&in->inflater);
    if (in && in->file >= 0)
        vae__system_close(in->file);
    vae__free(in);
    vae__free(idx->path);
    *idx = (vae__idx){ 0 };
}

/* The source: a folder of IDX files. */

enum { IMAGES, LABELS, FILES };

static const char *const file_names[VAE_ALL][FILES] = {
    [VAE_TRAIN] = { "train-images-idx3-ubyte", "train-labels-idx1-ubyte" },
    [VAE_VALIDATION] = { "validation-images-idx3-ubyte", "validation-labels-idx1-ubyte" },
    [VAE_TEST] = { "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte" },
};

/* Images are rows of values (2 dimensions), images (3), or images with channels (4). */
static const struct {
    int least, most;
} file_ranks[FILES] = { [IMAGES] = { 2, 4 }, [LABELS] = { 1, 1 } };

typedef struct folder {
    vae_data *data;
    char *paths[VAE_SPLITS][FILES]; /* NULL: there is no such file */
    vae__idx files[VAE_SPLITS][FILES];
    bool labels; /* Every split has them. */
} folder;

static bool names_folder(const char *source)
{
    struct stat about;
    return !stat(source, &about) && S_ISDIR(about.st_mode);
}

/* The path of a file that is there, plain or else gzipped; NULL where there is none. */
static vae_status find_file(const char *source, const char *name, char **path)
{
    static const char *const endings[] = { "", ".gz" };
    size_t length = strlen(source), size = length + strlen(name) + sizeof "/.gz";
    const char *slash = length && source[length - 1] == '/' ? "" : "/";
    VAE__TRY(vae__allocate(name, size, 1, path));
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        struct stat about;
        snprintf(*path, size, "%s%s%s%s", source, slash, name, endings[i]);
        if (!stat(*path, &about))
            return vae__ok();
        if (errno != ENOENT)
            return vae__error_errno(*path, "cannot look at it");
    }
    vae__free(*path);
    *path = NULL;
    return vae__ok();
}

static vae_status find_files(folder *f)
{
    const char *source = f->data->source;
    f->labels = true;
    for (int split = 0; split < VAE_ALL; split++) { /* A folder's files are of splits. */
        char **paths = f->paths[split];
        for (int file = 0; file < FILES; file++)
            VAE__TRY(find_file(source, file_names[split][file], &paths[file]));
        if (paths[LABELS] && !paths[IMAGES])
            return vae__error(VAE_ERROR_FILE, "%s: expected %s[.gz] beside it, found no such file", paths[LABELS],
                              file_names[split][IMAGES]);
        if (paths[IMAGES] && !paths[LABELS] && f->labels) {
            f->labels = false;
            snprintf(f->data->note, sizeof f->data->note, "%s[.gz] is not there", file_names[split][LABELS]);
        }
    }
    if (!f->paths[VAE_TRAIN][IMAGES] && !f->paths[VAE_TEST][IMAGES])
        return vae__error(VAE_ERROR_FILE,
                          "%s: expected %s[.gz] or %s[.gz] in it, or PNG files or folders of them, found neither",
                          source, file_names[VAE_TRAIN][IMAGES], file_names[VAE_TEST][IMAGES]);
    return vae__ok();
}

/* Opens what is needed. Labels that not every split has are no field, and are left alone. */
static vae_status open_files(folder *f)
{
    for (int split = 0; split < VAE_SPLITS; split++)
        for (int file = 0; file < (f->labels ? FILES : LABELS); file++)
            if (f->paths[split][file])
                VAE__TRY(vae__idx_open(f->paths[split][file], file_ranks[file].least, file_ranks[file].most,
                                       &f->files[split][file]));
    return vae__ok();
}

/* Do images have one shape everywhere, and is there a label for each? */
static vae_status check_fit(const folder *f)
{
    char expected[128], found[128];
    const vae__idx *first = NULL;
    for (int split = 0; split < VAE_SPLITS; split++) {
        const vae__idx *images = &f->files[split][IMAGES], *labels = &f->files[split][LABELS];
        if (!images->path)
            continue;
        first = first ? first : images;
        if (images->rank != first->rank ||
            memcmp(images->shape + 1, first->shape + 1, (size_t)(images->rank - 1) * sizeof *images->shape))
            return vae__error(VAE_ERROR_SHAPE, "%s: expected images of %s as in %s, found %s", images->path,
                              shape_text(first->shape + 1, first->rank - 1, expected), first->path,
                              shape_text(images->shape + 1, images->rank - 1, found));
        if (labels->path && labels->shape[0] != images->shape[0])
            return vae__error(VAE_ERROR_SHAPE, "%s: expected %" PRId64 " labels, for the images in %s, found %" PRId64,
                              labels->path, images->shape[0], images->path, labels->shape[0]);
    }
    return vae__ok();
}

static vae_status add_field(folder *f, vae_split split, int file)
{
    const vae__idx *idx = &f->files[split][file];
    vae_field field = { .type = VAE_UINT8, .rows = idx->shape[0], .rank = 1, .shape = { 1 } };
    field.name = file == LABELS ? "label" : "x";
    field.kind = file == LABELS ? VAE_CLASS : idx->rank > 2 ? VAE_IMAGE : VAE_VALUES;
    if (file == IMAGES) {
        field.rank = idx->rank - 1;
        memcpy(field.shape, idx->shape + 1, (size_t)field.rank * sizeof *field.shape);
    }
    return vae__data_add(f->data, split, file, &field, idx->path);
}

/* Allocates for all files, when all of them together fit in memory. */
static vae_status add_fields(folder *f)
{
    uint64_t available = vae__memory_available();
    for (int split = 0; split < VAE_SPLITS; split++)
        for (int file = 0; file < FILES; file++)
            if (f->files[split][file].path)
                VAE__TRY(vae__data_check_memory(f->files[split][file].path, f->files[split][file].size, &available));
    VAE__TRY(vae__data_declare(f->data, f->labels ? FILES : LABELS));
    for (int split = 0; split < VAE_SPLITS; split++)
        for (int file = 0; file < FILES; file++)
            if (f->files[split][file].path)
                VAE__TRY(add_field(f, (vae_split)split, file));
    return vae__ok();
}

typedef struct reading {
    int count;
    vae__idx *files[VAE_SPLITS * FILES];
    unsigned char *values[VAE_SPLITS * FILES];
    vae_status status[VAE_SPLITS * FILES];
} reading;

static void read_share(void *context, vae__team team)
{
    reading *r = context;
    int64_t begin, end;
    vae__share(team, r->count, &begin, &end);
    for (int64_t i = begin; i < end; i++)
        r->status[i] = vae__idx_read(r->files[i], r->values[i]);
}

/* Reads files side by side: most of the time goes into inflating. The first in order tells its failure. */
static vae_status read_files(folder *f)
{
    reading r = { 0 };
    for (int split = 0; split < VAE_SPLITS; split++)
        for (int file = 0; file < FILES; file++)
            if (f->files[split][file].path) {
                r.values[r.count] = vae__data_column(f->data, (vae_split)split, file)->storage;
                r.files[r.count++] = &f->files[split][file];
            }
    vae__parallel(f->data->options.threads < r.count ? f->data->options.threads : r.count, read_share, &r);
    for (int i = 0; i < r.count; i++)
        VAE__TRY(r.status[i]);
    return vae__ok();
}

/* As many classes in every split as the largest label in any of them tells. */
static void count_classes(folder *f)
{
    unsigned char most = 0;
    for (int split = 0; split < VAE_SPLITS; split++) {
        const vae__column *column = vae__data_column(f->data, (vae_split)split, LABELS);
        const unsigned char *labels = column->storage;
        for (int64_t row = 0; row < column->stored_rows; row++)
            most = labels[row] > most ? labels[row] : most;
    }
    for (int split = 0; split < VAE_SPLITS; split++)
        vae__data_column(f->data, (vae_split)split, LABELS)->field.classes = most + 1;
}

static vae_status read_folder(folder *f)
{
    VAE__TRY(find_files(f));
    VAE__TRY(open_files(f));
    VAE__TRY(check_fit(f));
    VAE__TRY(add_fields(f));
    VAE__TRY(read_files(f));
    if (f->labels)
        count_classes(f);
    vae__data_digest_contents(f->data);
    return vae__ok();
}

static vae_status open_folder(vae_data *data)
{
    folder f = { .data = data };
    vae_status status = read_folder(&f);
    for (int split = 0; split < VAE_SPLITS; split++)
        for (int file = 0; file < FILES; file++) {
            vae__idx_close(&f.files[split][file]);
            vae__free(f.paths[split][file]);
        }
    return status;
}

const vae__source vae__source_idx = {
    .expected = "a folder of IDX files",
    .names = names_folder,
    .open = open_folder,
};
