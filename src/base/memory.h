/* Allocation: zeroed, aligned to 64 bytes, checked for overflow; every byte of libvae's own comes through here. */
#ifndef VAE_BASE_MEMORY_H
#define VAE_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <vae/status.h>

/* `count` zeroed elements of `size` bytes; NULL when there is no memory or the product overflows.
 * A count of 0 gives memory too, so NULL always means failure. */
void *vae__alloc(size_t count, size_t size);

void vae__free(void *memory);

/* The same with a message: sets *memory (a pointer of any type, passed as its address) or says what there was no memory
 * for. */
vae_status vae__allocate(const char *what, size_t count, size_t size, void *memory);

/* Grows an array of *capacity elements of `size` bytes to hold at least `needed`, keeping its contents and zeroing
 * the rest. On failure the array stays as it was. */
vae_status vae__grow(const char *what, void *array, size_t *capacity, size_t needed, size_t size);

/* A copy of a string; "" for NULL. */
vae_status vae__copy_string(const char *text, char **copy);

/* Bytes of memory this process may still take: the least of what is available on the machine and the limit set on the
 * address space. Asked before something large is read. */
size_t vae__memory_available(void);

/* The most bytes that this process had resident at one time; 0: the system does not tell. */
size_t vae__memory_peak(void);

/* VAE_ERROR_MEMORY where so many rows of `bytes` each are more than that; `what` begins the message. */
vae_status vae__memory_check_rows(const char *what, int64_t rows, size_t bytes);

#endif
