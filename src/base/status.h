/* Making a vae_status: the one place where messages are built. */
#ifndef VAE_BASE_STATUS_H
#define VAE_BASE_STATUS_H

#include <stddef.h>
#include <vae/status.h>

/* Returns from the calling function with the status of `call` unless it is VAE_OK. */
#define VAE__TRY(call)                                                                                                 \
    do {                                                                                                               \
        vae_status vae__tried = (call);                                                                                \
        if (vae__tried.code)                                                                                           \
            return vae__tried;                                                                                         \
    } while (0)

vae_status vae__ok(void);

/* A status with a formatted message. Control characters become '?', so that a message stays one line whatever
 * a file or a user put into it; of what is too long the middle is left out, so that the reason at
 * its end stays. */
vae_status vae__error(vae_code code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same, with errno's meaning behind it: "cvae.h5: cannot write: No space left on device". */
vae_status vae__error_errno(const char *path, const char *what);

/* "what: no memory for N bytes". */
vae_status vae__error_memory(const char *what, size_t bytes);

/* `status` with a prefix before its message: "my-cvae: encoder: " ...; VAE_OK stays as it is. */
vae_status vae__error_within(vae_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
