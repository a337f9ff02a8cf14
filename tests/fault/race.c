/* Two threads of a team and one number: a data race, or with the argument "none" the same with a barrier between. The
 * control of the thread sanitizer, which must tell the one and say nothing of the other (tests/fault/threads.sh). */
#include <stdio.h>
#include <string.h>

#include "src/base/parallel.h"

typedef struct number {
    int value;
    int wait; /* a barrier parts writing from reading */
    int read[2];
} number;

static void write_and_read(void *context, vae__team team)
{
    number *shared = context;
    if (!team.thread)
        shared->value = 1;
    if (shared->wait)
        vae__barrier(team);
    shared->read[team.thread] = shared->value;
}

int main(int count, char **arguments)
{
    number shared = { .wait = count > 1 && !strcmp(arguments[1], "none") };
    for (int round = 0; round < 100; round++)
        vae__parallel(2, write_and_read, &shared);
    printf("read %d and %d\n", shared.read[0], shared.read[1]);
    return 0;
}
