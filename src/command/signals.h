/* What signals ask of a long run: an interrupt or a termination to stop after saving, SIGUSR1 to save and go on. */
#ifndef VAE_COMMAND_SIGNALS_H
#define VAE_COMMAND_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* What was done about a signal before. */
typedef struct vae__signal_rule {
    int number;
    bool caught;
    struct sigaction before;
} vae__signal_rule;

enum { VAE__STOP_SIGNALS = 2, VAE__SAVE_SIGNALS = 1 };

/* Catches them. What was ignored when the program began stays ignored: so a shell keeps the terminal's interrupts from
 * a job in the background. A second signal to stop ends the program at once. */
void vae__signals_stop(vae__signal_rule rules[VAE__STOP_SIGNALS]);
void vae__signals_save(vae__signal_rule rules[VAE__SAVE_SIGNALS]);
void vae__signals_release(const vae__signal_rule *rules, int count);

/* Not 0 from a signal on, until it is cleared: before one asks what is wanted, so that none is missed. */
const volatile sig_atomic_t *vae__signals_attention(void);
void vae__signals_clear_attention(void);

bool vae__signals_want_stop(void);
bool vae__signals_take_save(void); /* once for a signal */

#endif
