/* The version of the library that is running. */
#include <vae/version.h>

const char *vae_version(void)
{
    return VAE_VERSION_STRING;
}
