#include "src/base/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *vae_code_text(vae_code code)
{
    static const char *const texts[] = {
#define TEXT(name, text) text,
        VAE_STATUS_LIST(TEXT)
#undef TEXT
    };
    return (unsigned)code < sizeof texts / sizeof *texts ? texts[code] : "an unknown status";
}

vae_status vae__ok(void)
{
    return (vae_status){ .code = VAE_OK };
}

/* Keeps the message to one line, and marks one that was cut. */
static void tidy(char *message, int length)
{
    if (length >= VAE_MESSAGE_SIZE)
        memcpy(message + VAE_MESSAGE_SIZE - 4, "...", 4);
    for (char *c = message; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
}

vae_status vae__error(vae_code code, const char *format, ...)
{
    vae_status status = { .code = code };
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(status.message, sizeof status.message, format, arguments);
    va_end(arguments);
    tidy(status.message, length);
    return status;
}

vae_status vae__error_errno(const char *path, const char *what)
{
    char reason[128];
    int number = errno;
    if (strerror_r(number, reason, sizeof reason))
        snprintf(reason, sizeof reason, "error %d", number);
    return vae__error(VAE_ERROR_FILE, "%s: %s: %s", path, what, reason);
}

vae_status vae__error_memory(const char *what, size_t bytes)
{
    return vae__error(VAE_ERROR_MEMORY, "%s: no memory for %zu bytes", what, bytes);
}

vae_status vae__error_within(vae_status status, const char *format, ...)
{
    if (!status.code)
        return status;
    char prefix[VAE_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(prefix, sizeof prefix, format, arguments);
    va_end(arguments);
    return vae__error(status.code, "%s%s", prefix, status.message);
}
