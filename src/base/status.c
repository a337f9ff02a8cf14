/* The one place where messages are built. */
#include "src/base/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "src/base/text.h"

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

enum { COMPOSED_SIZE = 3 * 4096 }; /* some long paths, and words between them */

/* Of a text that is too long the middle is left out: a path's, mostly, so that what it is about and the reason at its
 * end both stay. */
static void shorten(char message[VAE_MESSAGE_SIZE], const char *text)
{
    static const char gap[] = " ... ";
    const size_t room = VAE_MESSAGE_SIZE - sizeof gap, length = strlen(text);
    if (length < VAE_MESSAGE_SIZE) {
        memcpy(message, text, length + 1);
        return;
    }
    size_t begin = vae__text_fitting(text, room / 3);
    const char *end = text + length - (room - begin);
    while (((unsigned char)*end & 0xc0) == 0x80)
        end++;
    memcpy(message, text, begin);
    memcpy(message + begin, gap, sizeof gap - 1);
    memcpy(message + begin + sizeof gap - 1, end, strlen(end) + 1);
}

/* Keeps the message to one line. */
static void tidy(char *message)
{
    for (char *c = message; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
}

vae_status vae__error(vae_code code, const char *format, ...)
{
    vae_status status = { .code = code };
    char composed[COMPOSED_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(composed, sizeof composed, format, arguments);
    va_end(arguments);
    shorten(status.message, composed);
    tidy(status.message);
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
    char prefix[COMPOSED_SIZE / 2];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(prefix, sizeof prefix, format, arguments);
    va_end(arguments);
    return vae__error(status.code, "%s%s", prefix, status.message);
}
