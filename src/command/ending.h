/* What vae train says of a run that has come to its end. */
#ifndef VAE_COMMAND_ENDING_H
#define VAE_COMMAND_ENDING_H

#include "src/command/command.h"

typedef struct vae__ending {
    const vae__call *call;
    FILE *lines; /* where they go */
    vae_training *training;
    const char *path; /* of the checkpoint */
    const char *best; /* of the file of the best epoch; NULL: there is none */
    bool best_kept;   /* this run has written it */
    bool objective;   /* is not the elbo, and told beside it */
    bool stopped;     /* by a signal */
    bool early;       /* for epochs brought nothing any more */
    double seconds;
} vae__ending;

/* Which epoch was the best, where that was asked for. */
void vae__tell_best(const vae__ending *ending);

/* All of it, as one JSON object on standard output. */
void vae__tell_json(const vae__ending *ending);

#endif
