/* Files of results: a few datasets beside one another. */
#include "src/checkpoint/table.h"

#include <string.h>
#include <vae/version.h>

#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/checkpoint/get.h"
#include "src/checkpoint/image.h"
#include "src/checkpoint/layout.h"
#include "src/checkpoint/put.h"

static vae__array array_of(const vae__table_column *column)
{
    vae__array array = { .type = column->type,
                         .text = column->text,
                         .rank = column->rank,
                         .values = column->values,
                         .description = column->description };
    memcpy(array.shape, column->shape, sizeof array.shape);
    return array;
}

static vae_status put_all(hid_t file, const vae__table *table)
{
    VAE__TRY(vae__put_text(file, "format", VAE__ASCII, table->format));
    VAE__TRY(vae__put_text(file, "title", VAE__UTF8, table->title));
    VAE__TRY(vae__put_text(file, "model", VAE__UTF8, table->model));
    VAE__TRY(vae__put_text(file, "split", VAE__ASCII, table->split));
    VAE__TRY(vae__put_text(file, "libvae_version", VAE__ASCII, vae_version()));
    for (int i = 0; i < table->count; i++) {
        vae__array array = array_of(&table->columns[i]);
        VAE__TRY(vae__put_array(file, table->columns[i].name, &array, NULL));
    }
    return vae__ok();
}

static size_t expected_size(const vae__table *table)
{
    size_t bytes = VAE__GROUPS_ROOM;
    for (int i = 0; i < table->count; i++) {
        vae__array array = array_of(&table->columns[i]);
        bytes += vae__put_room(&array);
    }
    return bytes;
}

static vae_status write_inside(const char *path, const vae__table *table)
{
    vae__image image;
    vae_status status = vae__image_create(&image, expected_size(table));
    if (!status.code) {
        status = put_all(image.file, table);
        if (!status.code)
            return vae__image_finish(&image, path);
        vae__image_close(&image);
    }
    return vae__error_within(status, "%s: ", path);
}

vae_status vae__table_write(const char *path, const vae__table *table)
{
    for (int i = 0; i < table->count; i++)
        if (table->columns[i].rank < 1 || table->columns[i].rank > VAE__ARRAY_RANK)
            return vae__error(VAE_ERROR_ARGUMENT, "%s: %s: expected 1 to %d dimensions, found %d", path,
                              table->columns[i].name, VAE__ARRAY_RANK, table->columns[i].rank);
    vae__hdf5_host host;
    vae__hdf5_enter(&host, false);
    vae_status status = write_inside(path, table);
    vae__hdf5_leave(&host);
    return status;
}

/* ---- Recognising one --------------------------------------------------------------------------------------------- */

static vae_status check_format(const vae__place *root, const char *expected)
{
    char *format = NULL;
    vae_status status = vae__get_text(root, "format", &format);
    if (status.code == VAE_ERROR_MEMORY)
        return status;
    if (status.code || strncmp(format, "libvae ", 7))
        status =
            vae__error(VAE_ERROR_FORMAT, "%s: expected %s, found an HDF5 file of another kind", root->file, expected);
    else if (strcmp(format, expected))
        status = vae__error(VAE_ERROR_FORMAT, "%s: expected %s, found %s%s", root->file, expected,
                            strcmp(format, VAE__FORMAT) ? "" : "a ", format);
    vae__free(format);
    return status;
}

static vae_status recognize_inside(const char *path, const char *format)
{
    vae__image image;
    vae__place root;
    VAE__TRY(vae__image_open(&image, path));
    vae_status status = vae__get_root(path, image.file, image.memory->size, &root);
    if (!status.code) {
        status = check_format(&root, format);
        vae__hdf5_close(root.id);
    }
    vae__image_close(&image);
    return status;
}

vae_status vae__table_recognize(const char *path, const char *format)
{
    vae__hdf5_host host;
    vae__hdf5_enter(&host, true);
    vae_status status = recognize_inside(path, format);
    vae__hdf5_leave(&host);
    return status;
}
