/* The source that reads a folder of PNG files. What is a row is decided by names alone; then every file is read once,
 * straight into its row. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "src/base/file.h"
#include "src/base/memory.h"
#include "src/base/parallel.h"
#include "src/base/status.h"
#include "src/base/system.h"
#include "src/base/text.h"
#include "src/data/data.h"
#include "src/data/levels.h"
#include "src/picture/png_read.h"

enum { X, CLASS, FIELDS };
static const char class_name[] = "class";

/* No more bytes of a file are read. */
enum { FILE_MOST = 1 << 26, PATH_MOST = 4096 };

/* ---- Names ------------------------------------------------------------------------------------------------------- */

typedef struct names {
    char **texts;
    size_t count, capacity;
} names;

/* What lies in a folder, but for hidden files; sorted. */
typedef struct listing {
    names pngs, others;
    vae_status status;
} listing;

static void add_name(void *context, const char *name)
{
    listing *l = context;
    names *to = vae__text_ends(name, ".png") ? &l->pngs : &l->others;
    char *copy = NULL;
    if (*name == '.' || l->status.code)
        return;
    l->status = vae__grow("the names of files", &to->texts, &to->capacity, to->count + 1, sizeof *to->texts);
    if (!l->status.code)
        l->status = vae__copy_string(name, &copy);
    if (!l->status.code)
        to->texts[to->count++] = copy;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void clear_names(names *n)
{
    for (size_t i = 0; i < n->count; i++)
        vae__free(n->texts[i]);
    vae__free(n->texts);
    *n = (names){ .texts = NULL };
}

static void clear_listing(listing *l)
{
    clear_names(&l->pngs);
    clear_names(&l->others);
}

/* On failure there is nothing to clear. */
static vae_status list_folder(const char *path, listing *l)
{
    *l = (listing){ .status = vae__ok() };
    if (vae__system_list(path, add_name, l) && !l->status.code)
        l->status = vae__error_errno(path, "cannot list it");
    if (l->status.code) {
        clear_listing(l);
        return l->status;
    }
    for (int i = 0; i < 2; i++) {
        names *n = i ? &l->others : &l->pngs;
        if (n->count)
            qsort(n->texts, n->count, sizeof *n->texts, by_bytes);
    }
    return vae__ok();
}

static vae_status join(const char *folder, const char *name, char **path)
{
    size_t length = strlen(folder), size = length + strlen(name) + 2;
    VAE__TRY(vae__allocate(name, size, 1, path));
    snprintf(*path, size, "%s%s%s", folder, length && folder[length - 1] == '/' ? "" : "/", name);
    return vae__ok();
}

static bool is_folder(const char *path)
{
    struct stat about;
    return !stat(path, &about) && S_ISDIR(about.st_mode);
}

/* ---- Which folders are of this source ---------------------------------------------------------------------------- */

static const struct {
    const char *name;
    vae_split split;
} split_folders[] = { { "train", VAE_TRAIN }, { "validation", VAE_VALIDATION }, { "test", VAE_TEST } };
enum { SPLIT_FOLDERS = sizeof split_folders / sizeof *split_folders };

static bool has_name(const names *n, const char *name)
{
    for (size_t i = 0; i < n->count; i++)
        if (!strcmp(n->texts[i], name))
            return true;
    return false;
}

static bool is_split_name(const char *name)
{
    bool is = false;
    for (int i = 0; i < SPLIT_FOLDERS; i++)
        is = is || !strcmp(name, split_folders[i].name);
    return is;
}

/* Are the files of the source idx there? Then a PNG file beside them is some picture of them. */
static bool has_idx(const char *folder)
{
    static const char *const files[] = { "train-images-idx3-ubyte", "train-images-idx3-ubyte.gz",
                                         "t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz" };
    char path[PATH_MOST];
    struct stat about;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (snprintf(path, sizeof path, "%s/%s", folder, files[i]) < PATH_MOST && !stat(path, &about))
            return true;
    return false;
}

typedef struct looking {
    const char *folder;
    int floors; /* below it that may be looked at: the lower one is in folders of splits alone */
    bool found;
} looking;

/* Without memory of its own: whether a string names a source must not depend on how much there is. */
static void look(void *context, const char *name)
{
    looking *l = context;
    char path[PATH_MOST];
    if (l->found || *name == '.')
        return;
    l->found = vae__text_ends(name, ".png");
    if (l->found || !l->floors || snprintf(path, sizeof path, "%s/%s", l->folder, name) >= PATH_MOST ||
        !is_folder(path))
        return;
    looking below = { .folder = path, .floors = l->floors > 1 && is_split_name(name) };
    (void)vae__system_list(path, look, &below);
    l->found = below.found;
}

static bool names_pngs(const char *source)
{
    looking l = { .folder = source, .floors = 2 };
    if (!is_folder(source) || has_idx(source))
        return false;
    (void)vae__system_list(source, look, &l);
    return l.found;
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

/* A file that is a row: number `index` of the `count` of its class. */
typedef struct row_file {
    char *path;
    int32_t class;
    int64_t folder, index, count;
} row_file;

typedef struct rows {
    row_file *files;
    size_t count, capacity;
} rows;

typedef struct folder {
    vae_data *data;
    rows rows[VAE_SPLITS];
    const char *like_path; /* the first sound image, as which all others must be */
    vae__png like;
    bool told;    /* whether files lie in folders of classes: */
    bool classes; /* they do */
    bool given;   /* Levels were, in their order. */
    vae__levels levels;
} folder;

static vae_status add_files(folder *f, vae_split split, const char *path, const names *pngs, int64_t number,
                            int32_t class)
{
    rows *r = &f->rows[split];
    for (size_t i = 0; i < pngs->count; i++) {
        VAE__TRY(vae__grow("the files", &r->files, &r->capacity, r->count + 1, sizeof *r->files));
        row_file *file = &r->files[r->count];
        *file = (row_file){ .class = class, .folder = number, .index = (int64_t)i, .count = (int64_t)pngs->count };
        VAE__TRY(join(path, pngs->texts[i], &file->path));
        r->count++;
    }
    return vae__ok();
}

static vae_status add_class(folder *f, vae_split split, const char *path, const char *name, int64_t number)
{
    listing l;
    int32_t class = 0;
    VAE__TRY(list_folder(path, &l));
    vae_status status = vae__ok();
    if (l.pngs.count)
        status = vae__levels_number(&f->levels, name, strlen(name), path, (int64_t)f->rows[split].count, &class);
    if (!status.code)
        status = add_files(f, split, path, &l.pngs, number, class);
    clear_listing(&l);
    return status;
}

static vae_status add_classes(folder *f, vae_split split, const char *root, const names *others)
{
    for (size_t i = 0; i < others->count; i++) {
        char *path = NULL;
        VAE__TRY(join(root, others->texts[i], &path));
        vae_status status = is_folder(path) ? add_class(f, split, path, others->texts[i], (int64_t)i) : vae__ok();
        vae__free(path);
        VAE__TRY(status);
    }
    return vae__ok();
}

/* In proportion: the i-th of n files of a class lies at (i + 1/2) / n, so that the last rows, which may be held out,
 * are of every class. */
static int by_place(const void *a, const void *b)
{
    const row_file *x = a, *y = b;
    int64_t left = (2 * x->index + 1) * y->count, right = (2 * y->index + 1) * x->count;
    if (left != right)
        return left < right ? -1 : 1;
    return (x->folder > y->folder) - (x->folder < y->folder);
}

static vae_status check_layout(folder *f, const char *root, const names *pngs, size_t in_folders)
{
    if (pngs->count && in_folders)
        return vae__error(VAE_ERROR_FILE,
                          "%s: expected PNG files, or folders of them, found both: %s, and %zu in folders", root,
                          pngs->texts[0], in_folders);
    if (!pngs->count && !in_folders)
        return vae__error(VAE_ERROR_FILE, "%s: expected PNG files, or folders of them, found none", root);
    if (f->told && f->classes != (in_folders > 0))
        return vae__error(VAE_ERROR_FILE, "%s: expected %s, as in the other splits, found %s", root,
                          f->classes ? "folders of PNG files" : "PNG files", f->classes ? "files" : "folders");
    f->told = true;
    f->classes = in_folders > 0;
    return vae__ok();
}

static vae_status add_split(folder *f, vae_split split, const char *root, const listing *l)
{
    rows *r = &f->rows[split];
    VAE__TRY(add_classes(f, split, root, &l->others));
    VAE__TRY(check_layout(f, root, &l->pngs, r->count));
    if (!f->classes)
        VAE__TRY(add_files(f, split, root, &l->pngs, 0, 0));
    if (r->count > (size_t)VAE__ROWS_MAX)
        return vae__error(VAE_ERROR_FILE, "%s: expected at most %" PRId64 " files, found %zu", root, VAE__ROWS_MAX,
                          r->count);
    qsort(r->files, r->count, sizeof *r->files, by_place);
    return vae__ok();
}

static vae_status add_split_folder(folder *f, int which)
{
    char *path = NULL;
    listing l;
    VAE__TRY(join(f->data->source, split_folders[which].name, &path));
    vae_status status = is_folder(path) ? list_folder(path, &l) : vae__ok();
    if (is_folder(path) && !status.code) {
        status = add_split(f, split_folders[which].split, path, &l);
        clear_listing(&l);
    }
    vae__free(path);
    return status;
}

/* Levels that a condition tells are there first, in their order. */
static vae_status take_levels(folder *f)
{
    const vae_data_options *options = &f->data->options;
    for (int i = 0; i < options->condition_count; i++) {
        const vae_field_source *source = &options->conditions[i];
        if (source->kind != VAE_CLASS || !source->levels || f->given)
            continue;
        f->given = true;
        VAE__TRY(vae__levels_fix(&f->levels, source->levels, source->level_count));
        f->levels.fixed = !source->more_levels;
    }
    return vae__ok();
}

static vae_status find_files(folder *f)
{
    listing l;
    VAE__TRY(take_levels(f));
    VAE__TRY(list_folder(f->data->source, &l));
    vae_status status = vae__ok();
    bool split = has_name(&l.others, "train") && has_name(&l.others, "test") && !l.pngs.count;
    if (!split)
        status = add_split(f, VAE_ALL, f->data->source, &l);
    for (int i = 0; i < SPLIT_FOLDERS && split && !status.code; i++)
        status = add_split_folder(f, i);
    clear_listing(&l);
    return status;
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

static vae_status check_like(const folder *f, const char *path, const vae__png *png)
{
    static const char *const kinds[] = { [1] = "grey", [3] = "RGB" };
    const vae__png *like = &f->like;
    if (png->height == like->height && png->width == like->width && png->channels == like->channels)
        return vae__ok();
    return vae__error(
        VAE_ERROR_DATA,
        "%s: expected an image of %" PRId64 " × %" PRId64 ", %s, as in %s, found %" PRId64 " × %" PRId64 ", %s", path,
        like->height, like->width, kinds[like->channels], f->like_path, png->height, png->width, kinds[png->channels]);
}

/* The header of a file, and its values unless they are NULL. */
static vae_status read_file(const folder *f, const char *path, vae__png *png, unsigned char *values)
{
    unsigned char *bytes = NULL;
    size_t size = 0;
    VAE__TRY(vae__file_read(path, FILE_MOST, &bytes, &size));
    vae_status status = vae__png_header(path, bytes, size, png);
    if (!status.code && values)
        status = check_like(f, path, png);
    if (!status.code && values)
        status = vae__png_decode(path, bytes, size, png, values);
    vae__free(bytes);
    return status;
}

static bool is_skipped(const folder *f, vae_status status)
{
    return status.code == VAE_ERROR_FORMAT && f->data->options.skip_broken;
}

static vae_status tell(const folder *f, vae_status status)
{
    if (status.code != VAE_ERROR_FORMAT || f->data->options.skip_broken)
        return status;
    return vae__error(status.code, "%s (--skip-broken leaves such files out)", status.message);
}

/* What images are like: the first that has a sound header tells. */
static vae_status find_like(folder *f)
{
    vae_status status = vae__ok();
    for (int split = 0; split < VAE_SPLITS; split++)
        for (size_t i = 0; i < f->rows[split].count; i++) {
            const char *path = f->rows[split].files[i].path;
            status = read_file(f, path, &f->like, NULL);
            f->like_path = path;
            if (!is_skipped(f, status))
                return tell(f, status);
        }
    return vae__error_within(status, "%s: expected a sound PNG file, found none; the last", f->data->source);
}

static vae_status add_fields(folder *f)
{
    const int64_t size = f->like.height * f->like.width * f->like.channels; /* below 2^42 */
    const vae_field x = { .name = "x",
                          .kind = VAE_IMAGE,
                          .type = VAE_UINT8,
                          .rank = f->like.channels > 1 ? 3 : 2,
                          .shape = { f->like.height, f->like.width, f->like.channels > 1 ? f->like.channels : 0 } };
    const vae_field class = {
        .name = class_name, .kind = VAE_CLASS, .type = VAE_INT32, .rank = 1, .shape = { 1 }, .path = class_name
    };
    uint64_t available = vae__memory_available(), all = 0, bytes = 0;
    for (int split = 0; split < VAE_SPLITS; split++)
        all += f->rows[split].count;
    if (__builtin_mul_overflow(all, (uint64_t)size + sizeof(int32_t), &bytes))
        bytes = UINT64_MAX;
    VAE__TRY(vae__data_check_memory(f->data->source, bytes, &available));
    VAE__TRY(vae__data_declare(f->data, f->classes ? FIELDS : CLASS));
    for (int split = 0; split < VAE_SPLITS; split++)
        for (int i = 0; i < f->data->field_count && f->rows[split].count; i++) {
            vae_field field = i ? class : x;
            field.rows = (int64_t)f->rows[split].count;
            VAE__TRY(vae__data_add(f->data, (vae_split)split, i, &field, f->data->source));
        }
    return vae__ok();
}

typedef struct reading {
    const folder *f;
    const rows *rows;
    unsigned char *values;
    int64_t size;       /* of a row */
    bool *broken;       /* by row */
    vae_status *status; /* by thread: why it stopped */
} reading;

static void read_share(void *context, vae__team team)
{
    const reading *r = context;
    int64_t begin, end;
    vae__share(team, (int64_t)r->rows->count, &begin, &end);
    for (int64_t row = begin; row < end; row++) {
        vae__png png;
        vae_status status = read_file(r->f, r->rows->files[row].path, &png, r->values + row * r->size);
        r->broken[row] = is_skipped(r->f, status);
        if (status.code && !r->broken[row]) {
            r->status[team.thread] = status;
            return;
        }
    }
}

/* Closes the gaps that broken files leave. */
static vae_status keep_rows(folder *f, vae_split split, const bool *broken)
{
    vae_data *data = f->data;
    rows *r = &f->rows[split];
    vae__column *x = vae__data_column(data, split, X);
    unsigned char *values = x->storage;
    const size_t size = (size_t)x->field.size;
    int64_t kept = 0;
    for (size_t row = 0; row < r->count; row++) {
        if (broken[row]) {
            if (!data->left_out++) {
                VAE__TRY(vae__copy_string(r->files[row].path, &data->first_left_out));
                VAE__TRY(vae__data_own(data, data->first_left_out));
            }
            continue;
        }
        if (kept < (int64_t)row)
            memmove(values + (size_t)kept * size, values + row * size, size);
        if (f->classes)
            ((int32_t *)vae__data_column(data, split, CLASS)->storage)[kept] = r->files[row].class;
        kept++;
    }
    for (int i = 0; i < data->field_count; i++)
        vae__data_column(data, split, i)->field.rows = vae__data_column(data, split, i)->stored_rows = kept;
    if (kept)
        return vae__ok();
    return vae__error(VAE_ERROR_FORMAT, "%s: expected a sound PNG file among its %zu %s files, found none",
                      data->source, r->count, vae_split_name(split));
}

/* The first failure in the rows' order is told, on any number of threads: those of a thread follow one another. */
static vae_status read_split(folder *f, vae_split split)
{
    const int64_t count = (int64_t)f->rows[split].count;
    int threads = f->data->options.threads < count ? f->data->options.threads : (int)count;
    reading r = { .f = f, .rows = &f->rows[split] };
    r.values = vae__data_column(f->data, split, X)->storage;
    r.size = vae__data_column(f->data, split, X)->field.size;
    vae_status status = vae__allocate(f->data->source, (size_t)count, sizeof *r.broken, &r.broken);
    if (!status.code)
        status = vae__allocate(f->data->source, (size_t)threads, sizeof *r.status, &r.status);
    if (!status.code)
        vae__parallel(threads, read_share, &r);
    for (int i = 0; i < threads && !status.code; i++)
        status = tell(f, r.status[i]);
    if (!status.code)
        status = keep_rows(f, split, r.broken);
    vae__free(r.broken);
    vae__free(r.status);
    return status;
}

/* ---- Classes ----------------------------------------------------------------------------------------------------- */

static bool is_number(const char *text)
{
    const char *digits = text + (*text == '-');
    if (!*digits || (*digits == '0' && (digits[1] || digits != text)))
        return false;
    return !digits[strspn(digits, "0123456789")];
}

/* As the names of folders are sorted: by the numbers, where all are, or by their bytes. */
static vae_status sort_levels(folder *f, int32_t *moved)
{
    bool numbers = true;
    for (int32_t i = 0; i < f->levels.count; i++) {
        moved[i] = i;
        numbers = numbers && is_number(f->levels.texts[i]);
    }
    return f->given ? vae__ok() : vae__levels_sort(&f->levels, numbers, moved);
}

static vae_status finish_classes(folder *f)
{
    int32_t *moved = NULL;
    const char **texts = NULL;
    VAE__TRY(vae__allocate("the levels of a class", (size_t)f->levels.count, sizeof *moved, &moved));
    vae_status status = sort_levels(f, moved);
    if (!status.code)
        status = vae__levels_pack(&f->levels, &texts);
    for (int split = 0; split < VAE_SPLITS && !status.code; split++) {
        vae__column *column = vae__data_column(f->data, (vae_split)split, CLASS);
        int32_t *numbers = column->storage;
        for (int64_t row = 0; row < column->field.rows; row++)
            numbers[row] = moved[numbers[row]];
        column->field.classes = f->levels.count;
        column->field.levels = texts;
    }
    vae__free(moved);
    return status.code ? status : vae__data_own(f->data, texts);
}

/* ---- The source -------------------------------------------------------------------------------------------------- */

static vae_status read_folder(folder *f)
{
    VAE__TRY(find_files(f));
    VAE__TRY(find_like(f));
    VAE__TRY(add_fields(f));
    for (int split = 0; split < VAE_SPLITS; split++)
        if (f->rows[split].count)
            VAE__TRY(read_split(f, (vae_split)split));
    if (f->classes)
        VAE__TRY(finish_classes(f));
    else
        snprintf(f->data->note, sizeof f->data->note, "its PNG files lie in no folders of classes");
    vae__data_digest_contents(f->data);
    return vae__ok();
}

static vae_status open_folder(vae_data *data)
{
    folder f = { .data = data };
    vae_status status = read_folder(&f);
    for (int split = 0; split < VAE_SPLITS; split++) {
        for (size_t i = 0; i < f.rows[split].count; i++)
            vae__free(f.rows[split].files[i].path);
        vae__free(f.rows[split].files);
    }
    vae__levels_clear(&f.levels);
    return status;
}

const vae__source vae__source_png = {
    .expected = "a folder of PNG files",
    .names = names_pngs,
    .open = open_folder,
};
