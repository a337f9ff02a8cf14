/* Entering and leaving libhdf5 as its host has it. */
#include "src/base/hdf5.h"

#include <string.h>

/* A host may have set a function of the old kind, which H5Eget_auto2 refuses to hand out. */
static void silence(vae__hdf5_host *host)
{
    unsigned is_new = 1;
    if (H5Eauto_is_v2(H5E_DEFAULT, &is_new) < 0)
        return;
    if (is_new && H5Eget_auto2(H5E_DEFAULT, &host->print2, &host->print_data) >= 0)
        host->version = 2;
#ifndef H5_NO_DEPRECATED_SYMBOLS
    if (!is_new && H5Eget_auto1(&host->print1, &host->print_data) >= 0)
        host->version = 1;
#endif
    if (host->version)
        H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

void vae__hdf5_enter(vae__hdf5_host *host, bool untrusted)
{
    memset(host, 0, sizeof *host);
    silence(host);
    /* Changed only where they are on, and given back only by who changed them: of two threads that read at a time,
     * neither can leave them off for good. */
    if (untrusted && H5PLget_loading_state(&host->plugins) >= 0 && host->plugins)
        host->plugins_off = H5PLset_loading_state(0) >= 0;
}

void vae__hdf5_leave(const vae__hdf5_host *host)
{
    if (host->plugins_off)
        H5PLset_loading_state(host->plugins);
    H5Eclear2(H5E_DEFAULT);
    if (host->version == 2)
        H5Eset_auto2(H5E_DEFAULT, host->print2, host->print_data);
#ifndef H5_NO_DEPRECATED_SYMBOLS
    if (host->version == 1)
        H5Eset_auto1(host->print1, host->print_data);
#endif
}

void vae__hdf5_close(hid_t id)
{
    if (id >= 0)
        H5Idec_ref(id);
}

hid_t vae__hdf5_native(vae_type type)
{
    const hid_t types[] = {
        [VAE_UINT8] = H5T_NATIVE_UINT8,   [VAE_INT8] = H5T_NATIVE_INT8,     [VAE_UINT16] = H5T_NATIVE_UINT16,
        [VAE_INT16] = H5T_NATIVE_INT16,   [VAE_UINT32] = H5T_NATIVE_UINT32, [VAE_INT32] = H5T_NATIVE_INT32,
        [VAE_UINT64] = H5T_NATIVE_UINT64, [VAE_INT64] = H5T_NATIVE_INT64,   [VAE_FLOAT32] = H5T_NATIVE_FLOAT,
        [VAE_FLOAT64] = H5T_NATIVE_DOUBLE
    };
    return types[type];
}
