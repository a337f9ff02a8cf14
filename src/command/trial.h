/* Trying in a child process what may do harm: libhdf5 is not safe against files made for that. */
#ifndef VAE_COMMAND_TRIAL_H
#define VAE_COMMAND_TRIAL_H

#include <stdbool.h>
#include <stdint.h>
#include <vae/status.h>

/* Opens something, and need not close it: the child ends behind it. */
typedef vae_status vae__trial_function(void *context);

typedef struct vae__trial {
    const char *path; /* of what is tried, for messages */
    const char *what; /* it should be: "a libvae checkpoint" */
    vae__trial_function *open;
    void *context;
    bool many; /* It may open any number of files. */
} vae__trial;

/* Bytes of the file at `path`; 0 where there is none. */
uint64_t vae__trial_size(const char *path);

/*
 * Runs trial->open in a child process that has seconds of processor time and some memory, more for a file of more
 * bytes, can write no file, and has at most two open beside those that were. The status is what it returned, *answered
 * is then true; or VAE_ERROR_FORMAT, which says how it ended.
 */
vae_status vae__try(const vae__trial *trial, uint64_t bytes, bool *answered);

#endif
