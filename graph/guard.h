/*
 * What is asked before the optimiser takes a step: will every gradient be finite, and its square too? The largest
 * gradients, sums of products, are made while the step is taken, piece by piece, and are never there as a whole; so
 * they are bounded by what they are made of. |Σ x · dy| is at most terms · max |x| · max |dy|; what lies in memory is
 * looked at as it is. A bound that is too large proves nothing: the step is then refused, and whoever takes steps finds
 * out by computing the gradient apart (graph/culprit.h).
 */
#ifndef VAE_GRAPH_GUARD_H
#define VAE_GRAPH_GUARD_H

#include "graph/graph.h"

/* Up to here a gradient is taken without a further look: its square is far from the largest float32. */
#define VAE__GRADIENT_MOST 1e18

/* Lists in the program what is looked at. Call it when all tasks are there. */
vae_status vae__guard_list(vae_program *program);
void vae__guard_clear(vae_program *program);

/* A thread's part: writes the largest magnitude of each array into `most`, which has room for guarded_count; NaN counts
 * as larger than all. values[i] is where array i begins; a thread has examples begin … end - 1 of arrays with rows, and
 * of the others share `thread` of so many. */
void vae__guard_look(const vae_program *program, const vae__kernels *kernels, const float *const *values, int64_t begin,
                     int64_t end, vae__team team, uint32_t *most);

/* The largest magnitudes of `threads` threads, `stride` apart: may the step be taken, by a batch of so many examples?
 */
bool vae__guard_allows(const vae_program *program, const uint32_t *most, int threads, int stride, int64_t examples);

#endif
