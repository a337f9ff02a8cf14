/* vae_data_list: which file of a source is asked what arrays it holds. */
#include "src/base/memory.h"
#include "src/base/status.h"
#include "src/data/data.h"
#include "src/data/format.h"

static vae_status list(const char *file_source, vae_data_entry_function *function, void *context)
{
    const vae__source *kind = vae__data_source_of(file_source);
    if (!kind || !kind->format)
        return vae__error(VAE_ERROR_ARGUMENT, "%s: expected an HDF5 or NPY file, found another source", file_source);
    vae__file file = { .source = file_source };
    VAE__TRY(kind->format->open(&file));
    vae_status status = kind->format->list(&file, function, context);
    kind->format->close(&file);
    return status;
}

vae_status vae_data_list(const char *source, vae_data_entry_function *function, void *context)
{
    if (!source || !function)
        return vae__error(VAE_ERROR_ARGUMENT, "vae_data_list: expected %s, found NULL",
                          source ? "a function" : "a source");
    const char *sources[] = { source };
    vae_data pattern = { .sources = sources, .source_count = 1 };
    vae_status status = vae__data_expand(&pattern);
    if (!status.code)
        status = list(pattern.files[0], function, context);
    for (int i = 0; i < pattern.file_count; i++)
        vae__free(pattern.files[i]);
    vae__free(pattern.files);
    return status;
}
