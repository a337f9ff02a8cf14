/* A library to preload: H5Dread does as a fault within libhdf5 would. VAE_FAULT tells which. */
#include <hdf5.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void crash(void)
{
    raise(SIGSEGV);
}

static void loop(void)
{
    volatile int for_ever = 1;
    while (for_ever)
        continue;
}

/* Until there is no more; what then is done is what a program does that does not ask whether there was. A compiler must
 * not see that nobody wants it. */
static void allocate(void)
{
    enum { PIECE = 1 << 20 };
    for (;;) {
        volatile char *piece = malloc(PIECE);
        for (int i = 0; i < PIECE; i += 512)
            piece[i] = 1;
    }
}

static void end(void)
{
    _exit(0);
}

herr_t H5Dread(hid_t dataset, hid_t memory_type, hid_t memory, hid_t space, hid_t list, void *values)
{
    static const struct {
        const char *name;
        void (*fault)(void);
    } faults[] = { { "crash", crash }, { "loop", loop }, { "allocate", allocate }, { "end", end } };
    (void)dataset, (void)memory_type, (void)memory, (void)space, (void)list, (void)values;
    const char *asked = getenv("VAE_FAULT");
    for (size_t i = 0; asked && i < sizeof faults / sizeof *faults; i++)
        if (!strcmp(faults[i].name, asked))
            faults[i].fault();
    return -1;
}
