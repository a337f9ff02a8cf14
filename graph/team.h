/*
 * Running an executor on a team of threads that is already there: a training enters one parallel region for many steps.
 * vae_executor_run is these two in a region of its own.
 */
#ifndef VAE_GRAPH_TEAM_H
#define VAE_GRAPH_TEAM_H

#include <vae/graph.h>

#include "src/base/parallel.h"
#include "src/kernels/kernels.h"

/*
 * By one thread, before the others go on: checks the run, and lays out every task's arguments. `run` must live until
 * the work is done.
 *
 * With an `update` (its arrays laid out as the store's parameters) the run ends with Adam's step on every parameter of
 * the store: on most of them where their gradient is made, piece by piece, while that is in registers or near; what is
 * then in run->gradient, which must be there, is for nobody. Where the objective is not finite, or it cannot be told in
 * advance that every gradient will be (graph/guard.h), nothing is changed, and the update is refused.
 */
vae_status vae__executor_begin(vae_executor *executor, const vae_run *run, const vae__update *update);

/* By every thread of a team of at most the executor's threads; all leave together, when everything is computed. */
void vae__executor_work(vae_executor *executor, vae__team team);

/* Where the values of a node lie after a run, or its gradient; of an executor with no_reuse those of any node. NULL:
 * nowhere, for they were drawn where they were used, or never needed. */
const void *vae__executor_place(const vae_executor *executor, const vae_node *node, bool gradient);

/* Was the last run's update refused? By one thread, when the work is done. */
bool vae__executor_refused(const vae_executor *executor);

#endif
