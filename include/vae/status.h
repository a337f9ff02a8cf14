/*
 * What a call that can fail returns: a code and one line of text, by value. There is no thread-local error and
 * nothing to free. A message says what was expected, what was found, and where.
 *
 *     vae_status s = vae_model_load("cvae.h5", &model);
 *     if (s.code)
 *         fprintf(stderr, "%s\n", s.message);
 */
#ifndef VAE_STATUS_H
#define VAE_STATUS_H

#include <vae/export.h>

#define VAE_MESSAGE_SIZE 508

/* name, what it means */
#define VAE_STATUS_LIST(X)                                                                                             \
    X(VAE_OK, "done")                                                                                                  \
    X(VAE_ERROR_ARGUMENT, "an argument is wrong")                                                                      \
    X(VAE_ERROR_MEMORY, "not enough memory")                                                                           \
    X(VAE_ERROR_FILE, "the system refused an operation on a file")                                                     \
    X(VAE_ERROR_FORMAT, "a file is not what it should be")                                                             \
    X(VAE_ERROR_SHAPE, "shapes do not fit")                                                                            \
    X(VAE_ERROR_DECLARATION, "a model's declaration is wrong")                                                         \
    X(VAE_ERROR_DATA, "the data does not fit the model")                                                               \
    X(VAE_ERROR_NUMBER, "a number is not finite")                                                                      \
    X(VAE_ERROR_UNSUPPORTED, "this build or this machine cannot do it")                                                \
    X(VAE_STOPPED, "stopped on request")

typedef enum vae_code {
#define VAE_STATUS_ENUM(name, text) name,
    VAE_STATUS_LIST(VAE_STATUS_ENUM)
#undef VAE_STATUS_ENUM
} vae_code;

typedef struct vae_status {
    vae_code code;                  /* VAE_OK is 0 */
    char message[VAE_MESSAGE_SIZE]; /* one line without a newline; empty with VAE_OK */
} vae_status;

#ifdef __cplusplus
extern "C" {
#endif

/* What a code means, in a few words. Never NULL; the string is static. */
VAE_API const char *vae_code_text(vae_code code);

#ifdef __cplusplus
}
#endif
#endif
