/*
 * What libvae asks of the operating system, one function a request: memory and the writing of files.
 * This is the seam where tests make the n-th request fail: the library links system.c, the test programs link
 * tests/support/system.c in its place. Nothing else in the library calls malloc, open, write, fsync or rename.
 */
#ifndef VAE_BASE_SYSTEM_H
#define VAE_BASE_SYSTEM_H

#include <stddef.h>
#include <sys/types.h>

/* `bytes` of memory at a multiple of 64, contents unknown; NULL when there is none. */
void *vae__system_allocate(size_t bytes);
void vae__system_release(void *memory);

/* As the POSIX functions: -1 and errno on failure. */
int vae__system_open(const char *path, int flags, int mode);
ssize_t vae__system_read(int file, void *bytes, size_t count);
ssize_t vae__system_write(int file, const void *bytes, size_t count);
int vae__system_sync(int file);
int vae__system_close(int file);
int vae__system_rename(const char *from, const char *to);
int vae__system_unlink(const char *path);

/* An exclusive flock, at once or not at all (EWOULDBLOCK). */
int vae__system_lock(int file);
/* Tells `visit` every name in a folder, in any order. */
int vae__system_list(const char *folder, void (*visit)(void *context, const char *name), void *context);

#endif
