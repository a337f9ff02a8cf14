/* The options of a command: a table, and the parser that walks it. */
#ifndef VAE_COMMAND_OPTIONS_H
#define VAE_COMMAND_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

typedef enum vae__option_kind {
    VAE__FLAG,    /* there or not */
    VAE__TEXT,    /* any text but the empty one */
    VAE__TEXTS,   /* such texts, one each time it is given, at most VAE__MAX_TEXTS */
    VAE__PHRASES, /* the little language; may be empty */
    VAE__WHOLE,   /* a whole number, low … high */
    VAE__REAL,    /* a number, low … high */
    VAE__SHARE,   /* a whole number of rows, low … high, or a fraction between 0 and 1 */
    VAE__EVERY    /* so many steps, seconds or epochs: a number above 0 with its unit, up to high */
} vae__option_kind;

/* What VAE__EVERY counts. */
typedef enum vae__unit { VAE__STEPS, VAE__SECONDS, VAE__EPOCHS } vae__unit;

typedef struct vae__option {
    const char *name;     /* without the dashes */
    const char *argument; /* as help and messages call it: "SRC"; NULL for a flag */
    vae__option_kind kind;
    const char *help;
    const char *usual; /* the value where it is not given, as it would be given; NULL: none */
    double low, high;  /* of numbers; a high end of VAE__WHOLE_MAX or more is that of int64_t */
} vae__option;

#define VAE__WHOLE_MAX 0x1p63

enum { VAE__MAX_TEXTS = 32 };

typedef struct vae__value {
    bool given;                        /* on the command line; false: the usual value, if there is one */
    const char *text;                  /* NULL where there is no value; of VAE__TEXTS the last one */
    const char *texts[VAE__MAX_TEXTS]; /* VAE__TEXTS, in the order given */
    int count;
    int64_t whole;  /* VAE__WHOLE, VAE__SHARE where it is rows, and VAE__EVERY where it is steps or epochs */
    double real;    /* VAE__REAL, VAE__SHARE where it is a fraction, and VAE__EVERY where it is seconds; else 0 */
    vae__unit unit; /* VAE__EVERY */
} vae__value;

struct vae__call;

/*
 * Parses what follows the command's name into call->argument and call->values. `--name value` and `--name=value` are
 * the same, `--` ends the options, each but VAE__TEXTS may be given once. Returns VAE__EXIT_DONE or, having said why,
 * VAE__EXIT_USAGE; with *help set, --help or -h was there and nothing else counts.
 */
int vae__options_parse(struct vae__call *call, int argc, char **argv, bool *help);

/* Prints the options for --help, a line or two each. */
void vae__options_help(const vae__option *options);

/*
 * Strict numbers: a sign or none, decimal digits (and, of a real, a point and an exponent), and nothing else. False for
 * all that is not a number, for what does not fit the type, and for what is not finite.
 */
bool vae__parse_whole(const char *text, int64_t *number);
bool vae__parse_real(const char *text, double *number);

/* The nearest name, for "did you mean": offer all that there are, then look at `nearest` (NULL: none is near). */
typedef struct vae__hint {
    const char *name, *nearest;
    int distance;
} vae__hint;
vae__hint vae__hint_for(const char *name);
void vae__hint_offer(vae__hint *hint, const char *candidate);

#endif
