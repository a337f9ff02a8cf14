/* Signals to a long run. Handlers set flags, and nothing else. */
#include "src/command/signals.h"

#include <stddef.h>

static volatile sig_atomic_t stop, save, attention;

/* The first one asks, the second one ends the program at once. */
static void note_stop(int number)
{
    if (stop) {
        signal(number, SIG_DFL);
        raise(number);
    }
    stop = 1;
    attention = 1;
}

static void note_save(int number)
{
    (void)number;
    save = 1;
    attention = 1;
}

static void catch_signal(int number, void (*handler)(int), vae__signal_rule *rule)
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
    sigemptyset(&action.sa_mask);
    *rule = (vae__signal_rule){ .number = number };
    sigaction(number, NULL, &rule->before);
    rule->caught = rule->before.sa_handler != SIG_IGN;
    if (rule->caught)
        sigaction(number, &action, NULL);
}

void vae__signals_stop(vae__signal_rule rules[VAE__STOP_SIGNALS])
{
    static const int numbers[VAE__STOP_SIGNALS] = { SIGINT, SIGTERM };
    stop = 0;
    for (int i = 0; i < VAE__STOP_SIGNALS; i++)
        catch_signal(numbers[i], note_stop, &rules[i]);
}

void vae__signals_save(vae__signal_rule rules[VAE__SAVE_SIGNALS])
{
    save = 0;
    catch_signal(SIGUSR1, note_save, &rules[0]);
}

void vae__signals_release(const vae__signal_rule *rules, int count)
{
    for (int i = 0; i < count; i++)
        if (rules[i].caught)
            sigaction(rules[i].number, &rules[i].before, NULL);
}

const volatile sig_atomic_t *vae__signals_attention(void)
{
    return &attention;
}

void vae__signals_clear_attention(void)
{
    attention = 0;
}

bool vae__signals_want_stop(void)
{
    return stop;
}

bool vae__signals_take_save(void)
{
    if (!save) /* one that comes between is taken the next time */
        return false;
    save = 0;
    return true;
}
