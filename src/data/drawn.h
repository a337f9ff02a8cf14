/* Sources that are drawn from a seed: "digits", "ring:5000". A file each; what they share is here. */
#ifndef VAE_DATA_DRAWN_H
#define VAE_DATA_DRAWN_H

#include "src/data/data.h"

typedef struct vae__drawn {
    const char *name;
    uint64_t version; /* of the generator: part of the digest */
    int64_t usual;    /* training examples, where the source does not say */
    const vae_field *fields;
    int field_count;
} vae__drawn;

/* Is the string "NAME" or "NAME:N"? */
bool vae__drawn_names(const vae__drawn *drawn, const char *source);

/* Declares the fields of N training and N / 6 test examples. */
vae_status vae__drawn_open(const vae__drawn *drawn, vae_data *data);

/* The number of a split's first example. Test examples are drawn from the upper half of the numbers, so they are the
 * same however many training examples there are. */
uint32_t vae__drawn_first(vae_split split);

/* A random word to one of `count` classes, each as likely as the others to 2^-28. */
static inline int32_t vae__drawn_class(uint32_t word, int64_t count)
{
    return (int32_t)((uint64_t)word * (uint64_t)count >> 32);
}

#endif
