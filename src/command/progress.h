/* Progress: a bar on a terminal, which is drawn on standard error and leaves no trace. */
#ifndef VAE_COMMAND_PROGRESS_H
#define VAE_COMMAND_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct vae__bar {
    bool shown;   /* standard error is a terminal that can clear a line */
    bool visible; /* it stands on the terminal's last line */
    double begun, drawn;
} vae__bar;

vae__bar vae__bar_new(void);

/*
 * "what [#####-----] 42%  figures  12345 examples/s  0:12 left", as much of it as the terminal is wide, at most ten
 * times a second. `done` of `all` examples in `seconds` are the rate, `left` more examples the time left.
 */
typedef struct vae__bar_state {
    const char *what, *figures; /* figures: "" for none */
    double fraction;
    double done, left, seconds;
} vae__bar_state;
void vae__bar_draw(vae__bar *bar, const vae__bar_state *state);

/* Clears the bar, before anything else is written and at the end. */
void vae__bar_clear(vae__bar *bar);

/* Seconds on a clock that only goes forward. */
double vae__clock(void);

#endif
