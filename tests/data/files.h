/* What the tests of files as sources share: a folder of the test's own, and asking for data. */
#ifndef VAE_TESTS_FILES_H
#define VAE_TESTS_FILES_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vae/data.h>

#include "tests/support/suite.h"
#include "tests/support/system.h"

static char folder[64];

static inline void folder_make(void)
{
    system_reset();
    strcpy(folder, "/tmp/vae-test-data-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

/* One of eight texts in turn. */
static inline const char *path_of(const char *name)
{
    static char paths[8][384];
    static int turn;
    char *path = paths[turn++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

/* An NPY file; the shape is "60, 3". */
static inline void put_npy(const char *name, const char *descr, const char *shape, const void *values, size_t bytes)
{
    char header[118];
    FILE *file = fopen(path_of(name), "wb");
    ck_assert_ptr_nonnull(file);
    int length =
        snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, shape);
    memset(header + length, ' ', sizeof header - (size_t)length - 1);
    header[sizeof header - 1] = '\n';
    fwrite("\x93NUMPY\x01\x00\x76\x00", 1, 10, file);
    fwrite(header, 1, sizeof header, file);
    ck_assert_uint_eq(fwrite(values, 1, bytes, file), bytes);
    fclose(file);
}

static inline void folder_remove(void)
{
    DIR *open = opendir(folder);
    for (struct dirent *entry; (entry = readdir(open));)
        if (*entry->d_name != '.')
            ck_assert_int_eq(remove(path_of(entry->d_name)), 0);
    closedir(open);
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert_int_eq(system_outstanding(), 0);
}

static inline vae_data *open_data(const char *source, const vae_data_options *options)
{
    vae_data *data = NULL;
    ck_assert_status_ok(vae_data_open(path_of(source), options, &data));
    ck_assert_ptr_nonnull(data);
    return data;
}

static inline void assert_refused(const char *source, const vae_data_options *options, vae_code code, const char *words)
{
    vae_data *data = NULL;
    ck_assert_status(vae_data_open(path_of(source), options, &data), code, words);
    ck_assert_ptr_null(data);
    ck_assert_int_eq(system_outstanding(), 0);
}

#endif
