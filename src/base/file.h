/* Whole files: read into memory within a bound, written so that the path holds the old file or the new one, whole. */
#ifndef VAE_BASE_FILE_H
#define VAE_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <vae/status.h>

/* Reads the file at `path`. On success the caller owns *bytes (vae__free). A file of more than `limit` bytes, a folder
 * and whatever is no plain file are refused. */
vae_status vae__file_read(const char *path, size_t limit, unsigned char **bytes, size_t *size);

/*
 * Writes a file that appears as a whole or not at all: to a temporary file beside the target, then fsync, rename, and
 * fsync of the folder. On failure the temporary file is removed and what stood at `path` stays; but for a failure of
 * the last step, of which the message says that the file is written. A link is followed to the file it leads to; a
 * file that is replaced hands its permissions on, and its group where that may be set; else the group has those of the
 * others. Temporary files that killed processes left beside the target are
 * removed (temporary.h). A limit on the size of files (RLIMIT_FSIZE) is a status like any other, and never a signal.
 */
vae_status vae__file_write(const char *path, const void *bytes, size_t size);

/* Can a file be written at `path`? Asked before long work, so that its result is not lost: tries all that
 * writing will do but the writing itself, beside the file that stands there. Leaves nothing behind, and removes what
 * killed processes left. */
vae_status vae__file_check_writable(const char *path);

/* Would what is written to these paths be one file, be it there or not? Links are followed. */
vae_status vae__file_is_same(const char *path, const char *other, bool *same);

#endif
