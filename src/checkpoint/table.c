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
    vae__array array = {
        .type = VAE_FLOAT32, .rank = column->rank, .values = column->values, .description = column->description
    };
    memcpy(array.shape, column->shape, sizeof array.shape);
    return array;
}

static vae_status put_all(hid_t file, const char *title, const vae__table_column *columns, int count)
{
    VAE__TRY(vae__put_text(file, "format", VAE__ASCII, VAE__SAMPLES_FORMAT));
    VAE__TRY(vae__put_text(file, "title", VAE__UTF8, title));
    VAE__TRY(vae__put_text(file, "libvae_version", VAE__ASCII, vae_version()));
    for (int i = 0; i < count; i++) {
        vae__array array = array_of(&columns[i]);
        VAE__TRY(vae__put_array(file, columns[i].name, &array, NULL));
    }
    return vae__ok();
}

static size_t expected_size(const vae__table_column *columns, int count)
{
    size_t bytes = VAE__GROUPS_ROOM;
    for (int i = 0; i < count; i++) {
        vae__array array = array_of(&columns[i]);
        bytes += vae__put_room(&array);
    }
    return bytes;
}

static vae_status write_inside(const char *path, const char *title, const vae__table_column *columns, int count)
{
    vae__image image;
    vae_status status = vae__image_create(&image, expected_size(columns, count));
    if (!status.code) {
        status = put_all(image.file, title, columns, count);
        if (!status.code)
            return vae__image_finish(&image, path);
        vae__image_close(&image);
    }
    return vae__error_within(status, "%s: ", path);
}

vae_status vae__table_write(const char *path, const char *title, const vae__table_column *columns, int count)
{
    for (int i = 0; i < count; i++)
        if (columns[i].rank < 1 || columns[i].rank > VAE_MAX_RANK)
            return vae__error(VAE_ERROR_ARGUMENT, "%s: %s: expected 1 to %d dimensions, found %d", path,
                              columns[i].name, VAE_MAX_RANK, columns[i].rank);
    vae__hdf5_host host;
    vae__hdf5_enter(&host, false);
    vae_status status = write_inside(path, title, columns, count);
    vae__hdf5_leave(&host);
    return status;
}

/* ---- Recognising one --------------------------------------------------------------------------------------------- */

static vae_status check_format(const vae__place *root)
{
    char *format = NULL;
    vae_status status = vae__get_text(root, "format", &format);
    if (status.code == VAE_ERROR_MEMORY)
        return status;
    bool ours = !status.code && !strcmp(format, VAE__SAMPLES_FORMAT);
    bool checkpoint = !status.code && !strcmp(format, VAE__FORMAT);
    vae__free(format);
    return ours ? vae__ok()
                : vae__error(VAE_ERROR_FORMAT, "%s: expected libvae samples, found %s", root->file,
                             checkpoint ? "a libvae checkpoint" : "an HDF5 file of another kind");
}

static vae_status recognize_inside(const char *path)
{
    vae__image image;
    vae__place root;
    VAE__TRY(vae__image_open(&image, path));
    vae_status status = vae__get_root(path, image.file, image.memory->size, &root);
    if (!status.code) {
        status = check_format(&root);
        vae__hdf5_close(root.id);
    }
    vae__image_close(&image);
    return status;
}

vae_status vae__table_recognize(const char *path)
{
    vae__hdf5_host host;
    vae__hdf5_enter(&host, true);
    vae_status status = recognize_inside(path);
    vae__hdf5_leave(&host);
    return status;
}
