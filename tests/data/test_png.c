/* Folders of PNG files: what is read, in which order, and one line for whatever can be wrong with them. */
#include <errno.h>
#include <png.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <zlib.h>

#include "src/data/data.h"
#include "tests/data/files.h"

enum { HEIGHT = 3, WIDTH = 5, GREY = HEIGHT * WIDTH, MOST = 4096 };

/* ---- Files ------------------------------------------------------------------------------------------------------- */

/* A PNG file to be; all zero: grey, 8 bits, HEIGHT × WIDTH. */
typedef struct drawn {
    int type, depth, height, width;
    bool interlaced, transparent;
    unsigned salt;
} drawn;

static unsigned char value_at(size_t i, unsigned salt)
{
    return (unsigned char)(((uint32_t)i * 2654435761u + 77 * salt) >> 11);
}

static int stored_values(int type)
{
    static const int values[] = { [PNG_COLOR_TYPE_GRAY] = 1,
                                  [PNG_COLOR_TYPE_RGB] = 3,
                                  [PNG_COLOR_TYPE_PALETTE] = 1,
                                  [PNG_COLOR_TYPE_GRAY_ALPHA] = 2,
                                  [PNG_COLOR_TYPE_RGB_ALPHA] = 4 };
    return values[type];
}

/* Entry i of the palette. */
static png_color colour_at(int i)
{
    return (png_color){ (png_byte)(3 * i), (png_byte)(255 - i), (png_byte)(i * i) };
}

static void fill_drawn(drawn *d)
{
    d->depth = d->depth ? d->depth : 8;
    d->height = d->height ? d->height : HEIGHT;
    d->width = d->width ? d->width : WIDTH;
}

static void write_png(const char *name, drawn d)
{
    fill_drawn(&d);
    const size_t row = ((size_t)(d.width * d.depth * stored_values(d.type)) + 7) / 8;
    unsigned char *pixels = malloc(row * (size_t)d.height), **rows = malloc((size_t)d.height * sizeof *rows);
    for (int y = 0; y < d.height; y++) {
        rows[y] = pixels + (size_t)y * row;
        for (size_t x = 0; x < row; x++)
            rows[y][x] = value_at((size_t)y * row + x, d.salt);
    }
    FILE *file = fopen(path_of(name), "wb");
    ck_assert_ptr_nonnull(file);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_color palette[256];
    for (int i = 0; i < 256; i++)
        palette[i] = colour_at(i);
    png_init_io(png, file);
    png_set_IHDR(png, info, (png_uint_32)d.width, (png_uint_32)d.height, d.depth, d.type,
                 d.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    if (d.type == PNG_COLOR_TYPE_PALETTE)
        png_set_PLTE(png, info, palette, 1 << d.depth);
    if (d.transparent)
        png_set_tRNS(png, info, (png_byte[]){ 0, 9 }, 2, &(png_color_16){ .gray = 1, .red = 1 });
    png_set_text(png, info,
                 &(png_text){ .compression = PNG_TEXT_COMPRESSION_zTXt,
                              .key = (char *)"Title",
                              .text = (char *)"a title that is compressed, compressed, compressed" },
                 1);
    png_write_info(png, info);
    png_write_image(png, rows);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    ck_assert_int_eq(fclose(file), 0);
    free(rows);
    free(pixels);
}

static void write_grey(const char *name, unsigned salt)
{
    write_png(name, (drawn){ .salt = salt });
}

static void write_bytes(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(path_of(name), "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

static size_t read_bytes(const char *name, unsigned char bytes[MOST])
{
    FILE *file = fopen(path_of(name), "rb");
    size_t size = fread(bytes, 1, MOST, file);
    ck_assert(size && size < MOST);
    fclose(file);
    return size;
}

/* A header with a right checksum, and `more` bytes of nothing. */
static void write_header(const char *name, uint32_t height, uint32_t width, int depth, int type, size_t more)
{
    unsigned char *bytes = calloc(33 + more, 1);
    memcpy(bytes, "\x89PNG\r\n\x1a\n\0\0\0\15IHDR", 16);
    for (int i = 0; i < 4; i++) {
        bytes[16 + i] = (unsigned char)(width >> 8 * (3 - i));
        bytes[20 + i] = (unsigned char)(height >> 8 * (3 - i));
    }
    bytes[24] = (unsigned char)depth;
    bytes[25] = (unsigned char)type;
    uint32_t sum = (uint32_t)crc32(0, bytes + 12, 17);
    for (int i = 0; i < 4; i++)
        bytes[29 + i] = (unsigned char)(sum >> 8 * (3 - i));
    write_bytes(name, bytes, 33 + more);
    free(bytes);
}

static void make_folder(const char *name)
{
    ck_assert_int_eq(mkdir(path_of(name), 0777), 0);
}

static int remove_below(const char *path, int floors)
{
    DIR *open = opendir(path);
    for (struct dirent *entry; open && (entry = readdir(open));) {
        char below[600];
        snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") && remove(below) && floors)
            remove_below(below, floors - 1);
    }
    if (open)
        closedir(open);
    return remove(path);
}

static void clear_folder(void)
{
    ck_assert_int_eq(remove_below(folder, 3), 0);
    ck_assert_int_eq(system_outstanding(), 0);
}

/* The value that grey file `salt` has at i. */
static void assert_row(const vae_field *x, int64_t row, unsigned salt)
{
    for (int i = 0; i < GREY; i++)
        ck_assert_int_eq(((const unsigned char *)x->values)[row * GREY + i], value_at((size_t)i, salt));
}

static void assert_text(const vae_data *data, vae_split split, const char *expected)
{
    const vae_field *class = vae_data_find(data, split, "class");
    char found[64] = "";
    for (int64_t row = 0; row < class->rows; row++)
        snprintf(found + strlen(found), sizeof found - strlen(found), "%s%s", row ? " " : "",
                 class->levels[((const int32_t *)class->values)[row]]);
    ck_assert_str_eq(found, expected);
}

/* ---- What is read ------------------------------------------------------------------------------------------------ */

START_TEST(test_files)
{
    folder_make();
    write_grey("b.png", 2);
    write_grey("B.PNG", 1);
    write_grey("a10.png", 3);
    write_grey("a9.png", 4);
    write_bytes(".hidden.png", "no", 2);
    write_bytes("notes.txt", "no", 2);
    make_folder("other");
    write_bytes("other/notes.txt", "no", 2);
    char digest[17] = "";
    for (int threads = 1; threads <= 5; threads++) {
        vae_data *data = open_data("", &(vae_data_options){ .threads = threads });
        ck_assert_int_eq(vae_data_field_count(data), 1);
        ck_assert_int_eq(vae_data_rows(data, VAE_ALL), 4);
        const vae_field *x = vae_data_field(data, VAE_ALL, 0);
        ck_assert(x->kind == VAE_IMAGE && x->type == VAE_UINT8 && x->rank == 2 && x->size == GREY);
        ck_assert(x->shape[0] == HEIGHT && x->shape[1] == WIDTH && !x->path);
        for (int row = 0; row < 4; row++)
            assert_row(x, row, (unsigned[]){ 1, 3, 4, 2 }[row]); /* by bytes: B.PNG a10.png a9.png b.png */
        ck_assert(threads == 1 || !strcmp(digest, vae_data_digest(data)));
        strcpy(digest, vae_data_digest(data));
        const char *first = "set";
        ck_assert_int_eq(vae_data_left_out(data, &first), 0);
        ck_assert_ptr_null(first);
        vae_data_free(&data);
    }
    clear_folder();
}
END_TEST

/* Every kind that is taken, interlaced or not: what libpng wrote is what is read. */
START_TEST(test_kinds)
{
    static const struct {
        int type, depth;
    } kinds[] = { { PNG_COLOR_TYPE_GRAY, 1 },    { PNG_COLOR_TYPE_GRAY, 2 },    { PNG_COLOR_TYPE_GRAY, 4 },
                  { PNG_COLOR_TYPE_GRAY, 8 },    { PNG_COLOR_TYPE_RGB, 8 },     { PNG_COLOR_TYPE_PALETTE, 1 },
                  { PNG_COLOR_TYPE_PALETTE, 2 }, { PNG_COLOR_TYPE_PALETTE, 4 }, { PNG_COLOR_TYPE_PALETTE, 8 } };
    for (size_t k = 0; k < 2 * (sizeof kinds / sizeof *kinds); k++) {
        int type = kinds[k / 2].type, depth = kinds[k / 2].depth, height = 11, width = 13;
        folder_make();
        write_png("a.png",
                  (drawn){ .type = type, .depth = depth, .height = height, .width = width, .interlaced = k % 2 });
        vae_data *data = open_data("", NULL);
        const vae_field *x = vae_data_field(data, VAE_ALL, 0);
        const unsigned char *values = x->values;
        int channels = type == PNG_COLOR_TYPE_GRAY ? 1 : 3, row = (width * depth * stored_values(type) + 7) / 8;
        ck_assert(x->rank == (channels == 1 ? 2 : 3) && x->shape[0] == height && x->shape[1] == width);
        ck_assert_int_eq(x->size, height * width * channels);
        for (int i = 0; i < height * width * channels; i++) {
            int y = i / channels / width, v = i / channels % width, per_byte = 8 / depth;
            size_t at = type == PNG_COLOR_TYPE_RGB ? (size_t)i : (size_t)(y * row + v / per_byte);
            int stored = value_at(at, 0) >> (8 - depth * (1 + v % per_byte)) & ((1 << depth) - 1);
            png_color c = colour_at(stored);
            int expected = type == PNG_COLOR_TYPE_PALETTE ? (png_byte[]){ c.red, c.green, c.blue }[i % 3]
                                                          : stored * 255 / ((1 << depth) - 1);
            ck_assert_msg(values[i] == expected, "type %d of %d bits: %d: %d", type, depth, i, values[i]);
        }
        vae_data_free(&data);
        clear_folder();
    }
}
END_TEST

/* Spread: of three and one, the one lies in the middle. */
START_TEST(test_classes)
{
    folder_make();
    make_folder("dog");
    make_folder("cat");
    make_folder("none");
    write_grey("dog/a.png", 1);
    write_grey("cat/c.png", 4);
    write_grey("cat/a.png", 2);
    write_grey("cat/b.png", 3);
    vae_data *data = open_data("", NULL);
    const vae_field *x = vae_data_find(data, VAE_ALL, "x"), *class = vae_data_find(data, VAE_ALL, "class");
    ck_assert(class->kind == VAE_CLASS && class->type == VAE_INT32 && class->classes == 2);
    ck_assert_str_eq(class->path, "class");
    assert_text(data, VAE_ALL, "cat cat dog cat");
    for (int row = 0; row < 4; row++)
        assert_row(x, row, (unsigned[]){ 2, 3, 1, 4 }[row]);
    vae_data_free(&data);
    clear_folder();
}
END_TEST

static void write_numbers(void)
{
    folder_make();
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = { "9", "10", "-2" };
        char file[32];
        make_folder(names[i]);
        snprintf(file, sizeof file, "%s/a.png", names[i]);
        write_grey(file, (unsigned)i);
    }
}

/* Sorted as numbers, for all are; rows by the names' bytes. */
START_TEST(test_levels)
{
    write_numbers();
    vae_data *data = open_data("", NULL);
    const vae_field *class = vae_data_find(data, VAE_ALL, "class");
    ck_assert_str_eq(class->levels[0], "-2");
    ck_assert_str_eq(class->levels[1], "9");
    ck_assert_str_eq(class->levels[2], "10");
    assert_text(data, VAE_ALL, "-2 10 9");
    vae_data_free(&data);
    make_folder("09");
    write_grey("09/a.png", 7);
    data = open_data("", NULL);
    class = vae_data_find(data, VAE_ALL, "class");
    ck_assert_str_eq(class->levels[1], "09"); /* no number any more */
    ck_assert_str_eq(class->levels[2], "10");
    vae_data_free(&data);
    clear_folder();
}
END_TEST

/* A model's classes keep their numbers; the field has the condition's name. */
START_TEST(test_known_levels)
{
    static const char *const levels[] = { "9", "-2", "absent", "10" };
    vae_field_source asked = { .name = "kind", .kind = VAE_CLASS, .path = "class", .levels = levels, .level_count = 4 };
    const vae_data_options options = { .conditions = &asked, .condition_count = 1 };
    write_numbers();
    vae_data *data = open_data("", &options);
    const vae_field *kind = vae_data_find(data, VAE_ALL, "kind");
    ck_assert_int_eq(kind->classes, 4);
    ck_assert_int_eq(((const int32_t *)kind->values)[0], 1);
    ck_assert_int_eq(((const int32_t *)kind->values)[1], 3);
    ck_assert_int_eq(((const int32_t *)kind->values)[2], 0);
    vae_data_free(&data);
    asked.level_count = 3;
    assert_refused("", &options, VAE_ERROR_DATA,
                   "/10: row 1: expected one of the classes \"9\", \"-2\", \"absent\", found \"10\"");
    asked.more_levels = true;
    data = open_data("", &options);
    ck_assert_str_eq(vae_data_find(data, VAE_ALL, "kind")->levels[3], "10");
    vae_data_free(&data);
    asked.path = "label";
    assert_refused(
        "", &options, VAE_ERROR_ARGUMENT,
        "kind: expected no path but class, for this source has the fields x and class (a class); found label");
    clear_folder();
}
END_TEST

START_TEST(test_splits)
{
    folder_make();
    make_folder("train");
    make_folder("test");
    write_grey("train/a.png", 1);
    write_grey("train/b.png", 2);
    write_grey("test/a.png", 3);
    vae_data *data = open_data("", NULL);
    ck_assert_int_eq(vae_data_rows(data, VAE_TRAIN), 2);
    ck_assert_int_eq(vae_data_rows(data, VAE_TEST), 1);
    ck_assert_int_eq(vae_data_rows(data, VAE_ALL), 0);
    assert_row(vae_data_field(data, VAE_TEST, 0), 0, 3);
    vae_data_free(&data);
    make_folder("validation");
    assert_refused("", NULL, VAE_ERROR_FILE, "/validation: expected PNG files, or folders of them, found none");
    make_folder("validation/cat");
    write_grey("validation/cat/a.png", 1);
    assert_refused("", NULL, VAE_ERROR_FILE, "/validation: expected ");
    remove(path_of("test/a.png"));
    remove_below(path_of("validation"), 3);
    assert_refused("", NULL, VAE_ERROR_FILE, "/test: expected PNG files, or folders of them, found none");
    make_folder("test/cat");
    write_grey("test/cat/a.png", 4);
    assert_refused("", NULL, VAE_ERROR_FILE, "/test: expected PNG files, as in the other splits, found folders");
    remove(path_of("train/a.png"));
    remove(path_of("train/b.png"));
    make_folder("train/dog");
    write_grey("train/dog/a.png", 5);
    data = open_data("", NULL);
    assert_text(data, VAE_TRAIN, "dog");
    assert_text(data, VAE_TEST, "cat");
    ck_assert_int_eq(vae_data_find(data, VAE_TEST, "class")->classes, 2);
    vae_data_free(&data);
    clear_folder();
}
END_TEST

/* Links that lead back end, and are not followed for long. */
START_TEST(test_links)
{
    folder_make();
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(symlink(".", path_of((const char *[]){ "train", "test", "validation" }[i])), 0);
    assert_refused("", NULL, VAE_ERROR_FILE, "[.gz] in it, or PNG files or folders of them, found neither");
    write_grey("a.png", 1);
    assert_refused("", NULL, VAE_ERROR_FILE,
                   ": expected PNG files, or folders of them, found both: a.png, and 3 in folders");
    clear_folder();
}
END_TEST

/* A picture beside MNIST's files does not make them another source's. */
START_TEST(test_beside_idx)
{
    folder_make();
    write_grey("a.png", 1);
    write_bytes("t10k-images-idx3-ubyte.gz", "", 0);
    assert_refused("", NULL, VAE_ERROR_FORMAT, "t10k-images-idx3-ubyte.gz: expected an IDX file, found an empty one");
    clear_folder();
}
END_TEST

/* ---- What is refused --------------------------------------------------------------------------------------------- */

START_TEST(test_refused)
{
    static const struct {
        drawn file;
        vae_code code;
        const char *words;
    } wrong[] = {
        { { .depth = 16 }, VAE_ERROR_DATA, "/b.png: expected 8 bits a value, found 16" },
        { { .type = PNG_COLOR_TYPE_RGB, .depth = 16 }, VAE_ERROR_DATA, "/b.png: expected 8 bits a value, found 16" },
        { { .type = PNG_COLOR_TYPE_GRAY_ALPHA },
          VAE_ERROR_DATA,
          "/b.png: expected grey or RGB without alpha, found grey with alpha" },
        { { .type = PNG_COLOR_TYPE_RGB_ALPHA },
          VAE_ERROR_DATA,
          "/b.png: expected grey or RGB without alpha, found RGB with alpha" },
        { { .transparent = true },
          VAE_ERROR_DATA,
          "/b.png: expected grey or RGB without alpha, found colours that are transparent (tRNS)" },
        { { .height = 4 }, VAE_ERROR_DATA, "/b.png: expected an image of 3 × 5, grey, as in " },
        { { .width = 4 }, VAE_ERROR_DATA, "/a.png, found 3 × 4, grey" },
        { { .type = PNG_COLOR_TYPE_RGB }, VAE_ERROR_DATA, "/a.png, found 3 × 5, RGB" },
        { { .type = PNG_COLOR_TYPE_PALETTE, .depth = 4 }, VAE_ERROR_DATA, "/a.png, found 3 × 5, RGB" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        folder_make();
        write_grey("a.png", 1);
        write_grey("c.png", 1);
        write_png("b.png", wrong[i].file);
        assert_refused("", NULL, wrong[i].code, wrong[i].words);
        assert_refused("", &(vae_data_options){ .skip_broken = true }, wrong[i].code, wrong[i].words); /* not broken */
        clear_folder();
    }
    folder_make();
    write_png("a.png", (drawn){ .type = PNG_COLOR_TYPE_PALETTE, .transparent = true });
    assert_refused("", NULL, VAE_ERROR_DATA, "found colours that are transparent (tRNS)");
    clear_folder();
}
END_TEST

START_TEST(test_layouts)
{
    folder_make();
    write_grey("a.png", 1);
    make_folder("cat");
    write_grey("cat/a.png", 1);
    write_grey("cat/b.png", 1);
    assert_refused("", NULL, VAE_ERROR_FILE,
                   ": expected PNG files, or folders of them, found both: a.png, and 2 in folders");
    remove(path_of("cat/a.png"));
    remove(path_of("cat/b.png"));
    make_folder("b.png");
    assert_refused("", NULL, VAE_ERROR_FILE, "/b.png: expected a plain file, found a folder");
    clear_folder();
}
END_TEST

START_TEST(test_options_of_other_sources)
{
    folder_make();
    write_grey("a.png", 1);
    const vae_field_source digit = { .name = "digit", .kind = VAE_CLASS };
    assert_refused("", &(vae_data_options){ .mask = "m" }, VAE_ERROR_ARGUMENT, "expected no mask");
    assert_refused("", &(vae_data_options){ .conditions = &digit, .condition_count = 1 }, VAE_ERROR_ARGUMENT,
                   "digit: expected no condition, for this source has the field x (its PNG files lie in no folders of "
                   "classes)");
    clear_folder();
}
END_TEST

/* ---- Files that mean harm ---------------------------------------------------------------------------------------- */

START_TEST(test_hostile_headers)
{
    static const struct {
        uint32_t height, width;
        int depth, type;
        const char *words;
    } wrong[] = {
        { 1000000000, 1000000000, 8, 2, ": expected a size that can be, found 1000000000 × 1000000000 pixels in 133" },
        { 4000000000, 1, 1, 0, ": expected a size that can be, found 4000000000 × 1 pixels" },
        { 1 << 20, 1 << 20, 8, 0, ": expected a size that can be, found 1048576 × 1048576 pixels" },
        { 3, 60000, 8, 0, ": expected a size that can be, found 3 × 60000 pixels" },
        { 0, 3, 8, 0, ": expected a size that can be, found 0 × 3 pixels" },
        { 3, 0, 8, 0, ": expected a size that can be, found 3 × 0 pixels" },
        { 3, 3, 8, 1, ": expected a PNG's kind of pixels, found type 1 of 8 bits" },
        { 3, 3, 8, 200, ": expected a PNG's kind of pixels, found type 200 of 8 bits" },
        { 3, 3, 0, 0, ": expected a PNG's kind of pixels, found type 0 of 0 bits" },
        { 3, 3, 7, 0, ": expected a sound PNG file, found damage: " },
        { 3, 3, 4, 2, ": expected a sound PNG file, found damage: " },
        { 3, 3, 8, 0, ": expected a sound PNG file, found damage: " }, /* chunks without a name */
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        folder_make();
        write_header("a.png", wrong[i].height, wrong[i].width, wrong[i].depth, wrong[i].type, 100);
        assert_refused("", NULL, VAE_ERROR_FORMAT, "/a.png: ");
        assert_refused("", NULL, VAE_ERROR_FORMAT, wrong[i].words);
        assert_refused("", NULL, VAE_ERROR_FORMAT, " (--skip-broken leaves such files out)");
        assert_refused("", &(vae_data_options){ .skip_broken = true }, VAE_ERROR_FORMAT, "found none");
        clear_folder();
    }
}
END_TEST

/* All together are refused before any has pixels; one file of many bytes is not read. */
START_TEST(test_larger_than_memory)
{
    folder_make();
    write_header("000.png", 100000, 100000, 1, 0, 1300000);
    char target[384], link[16];
    strcpy(target, path_of("000.png"));
    for (int i = 1; i < 1000; i++) {
        snprintf(link, sizeof link, "%03d.png", i);
        ck_assert_int_eq(symlink(target, path_of(link)), 0);
    }
    assert_refused("", NULL, VAE_ERROR_MEMORY, ": needs 10000000004000 bytes, ");
    clear_folder();
    folder_make();
    write_header("a.png", 3, 5, 8, 0, 0);
    if (!truncate(path_of("a.png"), (off_t)1 << 40))
        assert_refused("", NULL, VAE_ERROR_FILE,
                       "/a.png: has 1099511627776 bytes, more than the 67108864 that may be read");
    clear_folder();
}
END_TEST

START_TEST(test_no_png)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *words;
    } wrong[] = { { "", 0, ": expected a PNG file, found an empty one" },
                  { "\xff\xd8\xff\xe0 a photograph", 16, ": expected a PNG file, found none: it begins otherwise" },
                  { "\x89PNG", 4, ": expected a PNG header of 33 bytes, found 4: it was cut short" },
                  { "\x89PNG\r\n\x1a\n\0\0\0\15IDAT\0\0\0\3\0\0\0\5\10\0\0\0\0....", 33,
                    ": expected a sound PNG header, found damage" } };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        folder_make();
        write_grey("a.png", 1);
        write_bytes("b.png", wrong[i].bytes, wrong[i].size);
        assert_refused("", NULL, VAE_ERROR_FORMAT, wrong[i].words);
        clear_folder();
    }
}
END_TEST

/* Cut at any place, or any byte another, a file is broken: everything is under a checksum. */
START_TEST(test_damage)
{
    unsigned char bytes[MOST];
    folder_make();
    write_png("a.png", (drawn){ .type = PNG_COLOR_TYPE_PALETTE, .depth = 4 });
    size_t size = read_bytes("a.png", bytes);
    for (size_t cut = 0; cut < size; cut++) {
        write_bytes("a.png", bytes, cut);
        assert_refused("", NULL, VAE_ERROR_FORMAT, "/a.png: expected ");
    }
    for (size_t at = 0; at < size; at++) {
        for (int bit = 0; bit < 8; bit += 5) {
            bytes[at] ^= (unsigned char)(1 << bit);
            write_bytes("a.png", bytes, size);
            assert_refused("", NULL, VAE_ERROR_FORMAT, "/a.png: expected ");
            bytes[at] ^= (unsigned char)(1 << bit);
        }
    }
    write_bytes("a.png", bytes, size);
    bytes[19] ^= 1; /* A width that is damaged is not taken for another size. */
    write_bytes("b.png", bytes, size);
    vae_data *data = open_data("", &(vae_data_options){ .skip_broken = true });
    ck_assert_int_eq(vae_data_left_out(data, NULL), 1);
    vae_data_free(&data);
    clear_folder();
}
END_TEST

/* ---- --skip-broken ----------------------------------------------------------------------------------------------- */

START_TEST(test_skip_broken)
{
    folder_make();
    make_folder("cat");
    make_folder("dog");
    for (unsigned i = 0; i < 40; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s/%02u.png", i % 2 ? "dog" : "cat", i);
        write_grey(name, i);
    }
    write_bytes("cat/00.png", "", 0);
    write_bytes("dog/17.png", "no", 2);
    write_bytes("dog/39.png", "no", 2);
    for (int threads = 1; threads <= 4; threads++) {
        char words[96];
        snprintf(words, sizeof words, "/cat/00.png: expected a PNG file, found an empty one (--skip");
        assert_refused("", &(vae_data_options){ .threads = threads }, VAE_ERROR_FORMAT, words);
        vae_data *data = open_data("", &(vae_data_options){ .threads = threads, .skip_broken = true });
        const vae_field *x = vae_data_find(data, VAE_ALL, "x"), *class = vae_data_find(data, VAE_ALL, "class");
        ck_assert_int_eq(x->rows, 37);
        ck_assert_int_eq(class->rows, 37);
        const char *first = NULL;
        ck_assert_int_eq(vae_data_left_out(data, &first), 3);
        ck_assert_ptr_nonnull(strstr(first, "/cat/00.png"));
        for (unsigned i = 1, row = 0; i < 39; i++) {
            if (i == 17)
                continue;
            ck_assert_int_eq(((const int32_t *)class->values)[row], (int)(i % 2));
            assert_row(x, row++, i);
        }
        ck_assert_int_eq(vae_data_row(data, VAE_ALL, 36), 36);
        ck_assert_status_ok(vae_data_hold_out(data, 5));
        assert_row(vae_data_field(data, VAE_VALIDATION, 0), 4, 38);
        vae_data_free(&data);
    }
    clear_folder();
}
END_TEST

/* On any number of threads the first in order is named. */
START_TEST(test_first_broken)
{
    folder_make();
    for (unsigned i = 0; i < 30; i++) {
        char name[32];
        snprintf(name, sizeof name, "%02u.png", i);
        write_grey(name, i);
        if (i == 11 || i == 12 || i == 29)
            write_bytes(name, "no", 2);
    }
    for (int threads = 1; threads <= 6; threads++)
        assert_refused("", &(vae_data_options){ .threads = threads }, VAE_ERROR_FORMAT, "/11.png: expected a PNG file");
    clear_folder();
    folder_make();
    make_folder("train");
    make_folder("test");
    write_grey("train/a.png", 1);
    write_bytes("test/a.png", "no", 2);
    assert_refused("", &(vae_data_options){ .skip_broken = true }, VAE_ERROR_FORMAT,
                   ": expected a sound PNG file among its 1 test files, found none");
    clear_folder();
}
END_TEST

/* ---- A system that refuses --------------------------------------------------------------------------------------- */

START_TEST(test_failing_system)
{
    static const struct {
        system_kind kind;
        int error;
        vae_code code;
    } kinds[] = { { SYSTEM_ALLOCATE, ENOMEM, VAE_ERROR_MEMORY },
                  { SYSTEM_OPEN, EACCES, VAE_ERROR_FILE },
                  { SYSTEM_READ, EIO, VAE_ERROR_FILE } };
    const vae_data_options options = { .threads = 1, .skip_broken = true };
    folder_make();
    make_folder("cat");
    make_folder("dog");
    write_png("cat/a.png", (drawn){ .type = PNG_COLOR_TYPE_PALETTE, .interlaced = true });
    write_png("dog/a.png", (drawn){ .type = PNG_COLOR_TYPE_RGB });
    write_bytes("dog/b.png", "no", 2);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (long n = 1, done = 0; !done; n++) {
            vae_data *data = NULL;
            system_reset();
            system_fail(kinds[k].kind, n, kinds[k].error, false);
            vae_status status = vae_data_open(folder, &options, &data);
            done = system_count(kinds[k].kind) < n;
            ck_assert_msg(!status.code == !!data, "%s", status.message);
            ck_assert_msg(done ? !status.code : status.code == kinds[k].code, "%ld: %s", n, status.message);
            vae_data_free(&data);
            ck_assert_int_eq(system_outstanding(), 0);
        }
    system_reset();
    clear_folder();
}
END_TEST

int main(void)
{
    const TTest *const read[] = { test_files,  test_kinds, test_classes,    test_levels, test_known_levels,
                                  test_splits, test_links, test_beside_idx, NULL };
    const TTest *const refused[] = { test_refused, test_layouts, test_options_of_other_sources, NULL };
    const TTest *const hostile[] = { test_hostile_headers, test_larger_than_memory, test_no_png, test_damage, NULL };
    const TTest *const broken[] = { test_skip_broken, test_first_broken, test_failing_system, NULL };
    Suite *suite = suite_create("png");
    suite_case(suite, "what is read", 30, read);
    suite_case(suite, "what is refused", 30, refused);
    suite_case(suite, "files that mean harm", 60, hostile);
    suite_case(suite, "what is broken", 60, broken);
    return suite_run(suite);
}
