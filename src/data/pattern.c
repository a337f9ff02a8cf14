/* Source strings as names of files: what of "FILE.h5:/group" is the name, and which files a pattern stands for. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/data/data.h"

static bool is_there(const char *path)
{
    struct stat about;
    return !stat(path, &about);
}

size_t vae__data_file_length(const char *source)
{
    const char *below = is_there(source) ? NULL : strstr(source, ":/");
    return below ? (size_t)(below - source) : strlen(source);
}

static vae_status add_file(vae_data *data, size_t *capacity, const char *file, const char *below)
{
    char *joined = NULL;
    size_t size = strlen(file) + strlen(below) + 1;
    VAE__TRY(vae__allocate(file, size, 1, &joined));
    snprintf(joined, size, "%s%s", file, below);
    vae_status status =
        vae__grow("the files", &data->files, capacity, (size_t)data->file_count + 1, sizeof *data->files);
    if (status.code)
        vae__free(joined);
    else
        data->files[data->file_count++] = joined;
    return status;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted here: glob's own order is that of the locale, and rows must not depend on it. */
static vae_status add_found(vae_data *data, size_t *capacity, const char *pattern, const char *below)
{
    glob_t found;
    int failure = glob(pattern, GLOB_NOSORT, NULL, &found);
    if (failure == GLOB_NOMATCH)
        return vae__error(VAE_ERROR_FILE, "%s: expected files of this pattern, found none", pattern);
    if (failure) {
        globfree(&found);
        return vae__error(failure == GLOB_NOSPACE ? VAE_ERROR_MEMORY : VAE_ERROR_FILE,
                          "%s: cannot look for the files of this pattern", pattern);
    }
    qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv, by_bytes);
    vae_status status = vae__ok();
    for (size_t i = 0; i < found.gl_pathc && !status.code; i++)
        status = add_file(data, capacity, found.gl_pathv[i], below);
    globfree(&found);
    return status;
}

static vae_status expand(vae_data *data, size_t *capacity, const char *source)
{
    char *file = NULL;
    size_t length = vae__data_file_length(source);
    VAE__TRY(vae__copy_string(source, &file));
    file[length] = 0;
    vae_status status = strpbrk(file, "*?[") && !is_there(file) ? add_found(data, capacity, file, source + length)
                                                                : add_file(data, capacity, source, "");
    vae__free(file);
    return status;
}

vae_status vae__data_expand(vae_data *data)
{
    size_t capacity = 0;
    for (int i = 0; i < data->source_count; i++)
        VAE__TRY(expand(data, &capacity, data->sources[i]));
    return vae__ok();
}
