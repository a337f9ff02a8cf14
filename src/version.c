/* What this build is, and what it runs on this processor. */
#include <vae/version.h>

#include "src/kernels/kernels.h"
#include "src/kernels/matmul.h"

const char *vae_version(void)
{
    return VAE_VERSION_STRING;
}
