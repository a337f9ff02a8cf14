/* Numbers as text, the same in every locale. */
#ifndef VAE_BASE_NUMBER_H
#define VAE_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

/* The finite number that `text` is, wholly: "0.1", "-3", "1e-4"; false for anything else. */
bool vae__number_read(const char *text, double *number);

/* The shortest text that reads back as the same number: "0.1", "1e-05"; a whole one in full: "500". */
void vae__number_write(double number, char *text, size_t size);

#endif
