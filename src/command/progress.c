/* The progress bar. */
#include "src/command/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { WIDTH_USUAL = 80, WIDTH_MOST = 240, BAR_LEAST = 10, BAR_MOST = 40, PIECES = 4 };
#define REDRAW_SECONDS 0.1

double vae__clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* "0:07", "12:34", "1:02:03". */
static const char *time_text(char text[32], double seconds)
{
    /* A century: what is longer is no estimate. */
    int64_t whole = seconds > 0 ? seconds < 3e9 ? (int64_t)(seconds + 0.5) : 3000000000 : 0;
    int64_t hours = whole / 3600, minutes = whole / 60 % 60;
    if (hours)
        snprintf(text, 32, "%" PRId64 ":%02d:%02d", hours, (int)minutes, (int)(whole % 60));
    else
        snprintf(text, 32, "%d:%02d", (int)minutes, (int)(whole % 60));
    return text;
}

vae__bar vae__bar_new(void)
{
    const char *terminal = getenv("TERM");
    bool clears = terminal && *terminal && strcmp(terminal, "dumb");
    return (vae__bar){ .shown = clears && isatty(STDERR_FILENO), .begun = vae__clock() };
}

/* Asked at every drawing: the window may have changed. One column stays free, for some terminals wrap at the last. */
static int terminal_width(void)
{
    struct winsize size;
    int width = WIDTH_USUAL;
    if (!ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col > 0)
        width = size.ws_col;
    return (width < WIDTH_MOST ? width : WIDTH_MOST) - 1;
}

/* The pieces behind the bar, the most wanted first; what has nothing to say is empty. */
static void describe(const vae__bar_state *state, char pieces[PIECES][64])
{
    char time[32];
    bool rated = state->done > 0 && state->seconds > 0;
    double rate = rated ? state->done / state->seconds : 0;
    memset(pieces, 0, sizeof(char[PIECES][64]));
    snprintf(pieces[0], sizeof pieces[0], " %3d%%", (int)(100 * state->fraction));
    if (rated)
        snprintf(pieces[1], sizeof pieces[1], "  %s left", time_text(time, state->left / rate));
    if (*state->figures)
        snprintf(pieces[2], sizeof pieces[2], "  %s", state->figures);
    if (rated)
        snprintf(pieces[3], sizeof pieces[3], "  %.0f examples/s", rate);
}

static size_t draw_gauge(char *line, int cells, double fraction)
{
    int full = (int)(fraction * cells);
    line[0] = ' ';
    line[1] = '[';
    for (int i = 0; i < cells; i++)
        line[2 + i] = i < full ? '#' : '-';
    line[2 + cells] = ']';
    return (size_t)cells + 3;
}

/* Pieces that do not fit are left out; the gauge takes what remains. All text is ASCII: a byte is a column. */
static void compose(const vae__bar_state *state, int width, char line[WIDTH_MOST + 1])
{
    char pieces[PIECES][64];
    describe(state, pieces);
    size_t used = strlen(state->what), room = (size_t)(width > 0 ? width : 0);
    size_t taken = used + BAR_LEAST + 3;
    bool gauge = taken <= room, fits[PIECES];
    taken = gauge ? taken : used;
    for (int i = 0; i < PIECES; i++) {
        fits[i] = taken + strlen(pieces[i]) <= room;
        taken += fits[i] ? strlen(pieces[i]) : 0;
    }
    size_t spare = room > taken ? room - taken : 0;
    int cells = spare < BAR_MOST - BAR_LEAST ? BAR_LEAST + (int)spare : BAR_MOST;
    used = (size_t)snprintf(line, room + 1, "%s", state->what);
    used = used < room ? used : room;
    if (gauge)
        used += draw_gauge(line + used, cells, state->fraction);
    for (int i = 0; i < PIECES; i++)
        if (fits[i])
            used += (size_t)snprintf(line + used, room + 1 - used, "%s", pieces[i]);
    line[used] = 0;
}

void vae__bar_draw(vae__bar *bar, const vae__bar_state *state)
{
    double now = vae__clock();
    if (!bar->shown || (bar->visible && now - bar->drawn < REDRAW_SECONDS))
        return;
    vae__bar_state drawn = *state;
    drawn.fraction = drawn.fraction > 0 ? drawn.fraction < 1 ? drawn.fraction : 1 : 0;
    char line[WIDTH_MOST + 1];
    compose(&drawn, terminal_width(), line);
    fprintf(stderr, "\r%s\033[K", line);
    fflush(stderr);
    bar->drawn = now;
    bar->visible = true;
}

void vae__bar_clear(vae__bar *bar)
{
    if (!bar->visible)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    bar->visible = false;
}
