/* A filter on HDF5_PLUGIN_PATH, as somebody may have planted it: loading it makes the file that VAE_PLANTED names. */
#include <H5PLextern.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { NUMBER = 512 }; /* as tests/hostile/make.py writes it */

__attribute__((constructor)) static void mark(void)
{
    const char *path = getenv("VAE_PLANTED");
    int file = path ? open(path, O_WRONLY | O_CREAT, 0666) : -1;
    if (file >= 0)
        close(file);
}

static size_t pass(unsigned flags, size_t count, const unsigned values[], size_t bytes, size_t *size, void **buffer)
{
    (void)flags;
    (void)count;
    (void)values;
    (void)size;
    (void)buffer;
    return bytes;
}

H5PL_type_t H5PLget_plugin_type(void)
{
    return H5PL_TYPE_FILTER;
}

const void *H5PLget_plugin_info(void)
{
    static const H5Z_class2_t filter = { H5Z_CLASS_T_VERS, NUMBER, 1, 1, "planted", NULL, NULL, pass };
    return &filter;
}
