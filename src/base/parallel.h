/*
 * The parallel region: OpenMP lives here and in src/kernels, nowhere else.
 *
 * Work is cut by shape, never by the number of threads: a function gets a share of numbered units, and what it does
 * for a unit must not depend on which others are in the share. So results have the same bits on any number of threads.
 */
#ifndef VAE_BASE_PARALLEL_H
#define VAE_BASE_PARALLEL_H

#include <stdint.h>

/* More threads than any machine of ours has; OpenMP ends the program when it cannot make as many as it is asked for. */
enum { VAE__THREADS_MAX = 1024 };

typedef struct vae__team {
    int thread;  /* 0 … threads - 1 */
    int threads; /* as many as the region really got */
    struct vae__meeting *meeting;
} vae__team;

typedef void vae__region(void *context, vae__team team);

/* Runs `body` on `threads` threads (1: a plain call, no region). Within, a vendor library that would use OpenMP
 * itself stays on its calling thread, and results below the smallest normal number are 0. The host's OpenMP and
 * floating-point settings are as before afterwards, and the latter change nothing within. */
void vae__parallel(int threads, vae__region *body, void *context);

/* vae__parallel on one thread, of a body that calls no vendor library: OpenMP is not asked for anything, which would
 * allocate for a thread that is new to it. */
void vae__alone(vae__region *body, void *context);

/* All threads of the team wait for one another; what was written before is seen after. A thread that waits gives its
 * processor away after some microseconds, so that other programs on the machine do not stretch every wait to a time
 * slice of the scheduler. */
void vae__barrier(vae__team team);

/* This thread's share [*begin, *end) of `units`: contiguous, sizes within one of each other. */
void vae__share(vae__team team, int64_t units, int64_t *begin, int64_t *end);

/* The processors this process may run on: the usual number of threads. */
int vae__processors(void);

/* Seconds on a clock that only goes forward. */
double vae__seconds(void);

#endif
