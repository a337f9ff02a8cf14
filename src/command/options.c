/* The parser of options: walks a command's table. Nothing here knows a command. */
#include "src/command/options.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/command/command.h"

enum { HINT_LENGTH = 32 };

/* ---- Numbers ----------------------------------------------------------------------------------------------------- */

static const char *skip_digits(const char *text)
{
    while (*text >= '0' && *text <= '9')
        text++;
    return text;
}

/* An optional sign (a range tells whether it may be minus), digits, and where `real` a point and an exponent: so that
 * "0x1p3", "inf", " 5" and "5 " are none.
 */
static bool looks_like_number(const char *text, bool real)
{
    text += *text == '-' || *text == '+';
    const char *whole = skip_digits(text);
    bool digits = whole > text;
    text = whole;
    if (real && *text == '.') {
        const char *fraction = skip_digits(text + 1);
        digits = digits || fraction > text + 1;
        text = fraction;
    }
    if (real && digits && (*text == 'e' || *text == 'E')) {
        const char *exponent = text + 1 + (text[1] == '-' || text[1] == '+');
        text = skip_digits(exponent);
        digits = text > exponent;
    }
    return digits && !*text;
}

bool vae__parse_whole(const char *text, int64_t *number)
{
    if (!looks_like_number(text, false))
        return false;
    errno = 0;
    long long value = strtoll(text, NULL, 10);
    *number = value;
    return !errno;
}

/* strtod reads the "C" locale's point, for vae_main has set that locale. */
bool vae__parse_real(const char *text, double *number)
{
    if (!looks_like_number(text, true))
        return false;
    *number = strtod(text, NULL);
    return isfinite(*number);
}

/* ---- Hints ------------------------------------------------------------------------------------------------------- */

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Edits from a to b: letters put in, left out, changed, or swapped with their neighbour (optimal string alignment). */
static int edit_distance(const char *a, const char *b)
{
    int rows[3][HINT_LENGTH + 1];
    int *before = rows[0], *last = rows[1], *row = rows[2];
    int lengths[2] = { (int)strlen(a), (int)strlen(b) };
    for (int j = 0; j <= lengths[1]; j++)
        last[j] = j;
    memcpy(before, last, sizeof rows[0]);
    for (int i = 1; i <= lengths[0]; i++) {
        row[0] = i;
        for (int j = 1; j <= lengths[1]; j++) {
            row[j] = least(least(last[j], row[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        int *spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return last[lengths[1]];
}

vae__hint vae__hint_for(const char *name)
{
    size_t length = strlen(name);
    /* A third of the letters may differ: more, and the hint would be a riddle. */
    return (vae__hint){ .name = name, .distance = length < 3 ? 2 : (int)(length / 3) + 2 };
}

void vae__hint_offer(vae__hint *hint, const char *candidate)
{
    if (strlen(hint->name) > HINT_LENGTH || strlen(candidate) > HINT_LENGTH)
        return;
    int distance = edit_distance(hint->name, candidate);
    if (distance < hint->distance) {
        hint->distance = distance;
        hint->nearest = candidate;
    }
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

static const char *whole_text(double number, char text[32])
{
    if (number >= VAE__WHOLE_MAX)
        snprintf(text, 32, "%lld", (long long)INT64_MAX);
    else
        snprintf(text, 32, "%.0f", number);
    return text;
}

typedef char range_text[160];

static void describe_text(const vae__option *option, range_text text)
{
    snprintf(text, sizeof(range_text), "%s", option->argument ? option->argument : "");
}

static void describe_whole(const vae__option *option, range_text text)
{
    char low[32], high[32];
    snprintf(text, sizeof(range_text), "a whole number from %s to %s", whole_text(option->low, low),
             whole_text(option->high, high));
}

static void describe_real(const vae__option *option, range_text text)
{
    snprintf(text, sizeof(range_text), "a number from %g to %g", option->low, option->high);
}

static void describe_share(const vae__option *option, range_text text)
{
    describe_whole(option, text);
    size_t used = strlen(text);
    snprintf(text + used, sizeof(range_text) - used, ", or a fraction between 0 and 1");
}

static void describe_every(const vae__option *option, range_text text)
{
    (void)option;
    snprintf(text, sizeof(range_text), "a number above 0 of steps, s or epochs, such as 500steps");
}

static bool take_any(const vae__option *option, const char *text, vae__value *value)
{
    (void)option;
    (void)text;
    (void)value;
    return true;
}

static bool take_text(const vae__option *option, const char *text, vae__value *value)
{
    (void)option;
    (void)value;
    return *text;
}

static bool take_texts(const vae__option *option, const char *text, vae__value *value)
{
    value->texts[value->count++] = text;
    return take_text(option, text, value);
}

static bool take_whole(const vae__option *option, const char *text, vae__value *value)
{
    return vae__parse_whole(text, &value->whole) && (double)value->whole >= option->low &&
           (double)value->whole <= option->high;
}

static bool take_real(const vae__option *option, const char *text, vae__value *value)
{
    return vae__parse_real(text, &value->real) && value->real >= option->low && value->real <= option->high;
}

static bool take_share(const vae__option *option, const char *text, vae__value *value)
{
    if (take_whole(option, text, value))
        return true;
    value->whole = 0;
    return strpbrk(text, ".eE") && vae__parse_real(text, &value->real) && value->real > 0 && value->real < 1;
}

/* "500steps", "60s", "0.5s", "1epoch": digits, where it is seconds a point among them, and the unit. */
static bool take_every(const vae__option *option, const char *text, vae__value *value)
{
    static const struct {
        const char *name;
        vae__unit unit;
    } units[] = { { "steps", VAE__STEPS },
                  { "step", VAE__STEPS },
                  { "s", VAE__SECONDS },
                  { "epochs", VAE__EPOCHS },
                  { "epoch", VAE__EPOCHS } };
    char number[32];
    size_t length = strspn(text, "0123456789.");
    if (length >= sizeof number)
        return false;
    snprintf(number, sizeof number, "%.*s", (int)length, text);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(text + length, units[i].name))
            continue;
        value->unit = units[i].unit;
        if (value->unit == VAE__SECONDS)
            return vae__parse_real(number, &value->real) && value->real > 0 && value->real <= option->high;
        return vae__parse_whole(number, &value->whole) && value->whole > 0 && (double)value->whole <= option->high;
    }
    return false;
}

static const struct {
    bool (*take)(const vae__option *option, const char *text, vae__value *value);
    void (*describe)(const vae__option *option, range_text text); /* "a whole number from 1 to 1000000" */
    int times;                                                    /* that it may be given */
} kinds[] = {
    [VAE__FLAG] = { take_any, describe_text, 1 },
    [VAE__TEXT] = { take_text, describe_text, 1 },
    [VAE__TEXTS] = { take_texts, describe_text, VAE__MAX_TEXTS },
    [VAE__PHRASES] = { take_any, describe_text, 1 },
    [VAE__WHOLE] = { take_whole, describe_whole, 1 },
    [VAE__REAL] = { take_real, describe_real, 1 },
    [VAE__SHARE] = { take_share, describe_share, 1 },
    [VAE__EVERY] = { take_every, describe_every, 1 },
};

static bool take(const vae__option *option, const char *text, vae__value *value)
{
    value->text = text;
    return kinds[option->kind].take(option, text, value);
}

static int refuse_value(const vae__call *call, const vae__option *option, const char *text)
{
    range_text expected;
    kinds[option->kind].describe(option, expected);
    if (!*text)
        return vae__wrong_usage(call, "--%s: expected %s, found an empty text", option->name, expected);
    return vae__wrong_usage(call, "--%s: expected %s, found \"%s\"", option->name, expected, text);
}

/* ---- The parser -------------------------------------------------------------------------------------------------- */

static int unknown_option(const vae__call *call, const char *name, size_t length)
{
    char given[HINT_LENGTH + 1];
    snprintf(given, sizeof given, "%.*s", (int)length, name);
    vae__hint hint = vae__hint_for(given);
    for (const vae__option *option = call->command->options; option->name; option++)
        vae__hint_offer(&hint, option->name);
    if (hint.nearest)
        return vae__wrong_usage(call, "--%.*s: no such option; did you mean --%s?", (int)length, name, hint.nearest);
    return vae__wrong_usage(call, "--%.*s: no such option; %s %s --help lists them", (int)length, name, call->program,
                            call->command->name);
}

static int find_option(const vae__call *call, const char *name, size_t length)
{
    const vae__option *options = call->command->options;
    for (int i = 0; options[i].name; i++)
        if (strlen(options[i].name) == length && !memcmp(options[i].name, name, length))
            return i;
    return -1;
}

/* Makes room for a value; a usual one makes way. */
static int begin_value(const vae__call *call, const vae__option *option, vae__value *value)
{
    int times = kinds[option->kind].times;
    if (value->given && times == 1)
        return vae__wrong_usage(call, "--%s: given twice, expected once", option->name);
    if (value->count == times)
        return vae__wrong_usage(call, "--%s: given %d times, expected %d at most", option->name, times + 1, times);
    if (!value->given)
        *value = (vae__value){ .given = true };
    return VAE__EXIT_DONE;
}

/* Parses argv[*at] and, where its value stands apart, argv[*at + 1]; leaves *at at the last one used. */
static int parse_option(vae__call *call, int argc, char **argv, int *at)
{
    const char *name = argv[*at] + 2, *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    int place = find_option(call, name, length);
    if (place < 0)
        return unknown_option(call, name, length);
    const vae__option *option = &call->command->options[place];
    vae__value *value = &call->values[place];
    int status = begin_value(call, option, value);
    if (status)
        return status;
    if (option->kind == VAE__FLAG)
        return equals ? vae__wrong_usage(call, "--%s: takes no value, found \"%s\"", option->name, equals + 1)
                      : VAE__EXIT_DONE;
    const char *text = equals ? equals + 1 : *at + 1 < argc ? argv[*at + 1] : NULL;
    if (!text)
        return vae__wrong_usage(call, "--%s: expected %s behind it, found the end of the line", option->name,
                                option->argument);
    /* Else a forgotten value would swallow the next option. --name=--text says that it is meant. */
    if (!equals && text[0] == '-' && text[1] == '-')
        return vae__wrong_usage(call, "--%s: expected %s behind it, found the option %s", option->name,
                                option->argument, text);
    *at += !equals;
    return take(option, text, value) ? VAE__EXIT_DONE : refuse_value(call, option, text);
}

static int parse_argument(vae__call *call, const char *text)
{
    const vae__command *command = call->command;
    if (!command->argument)
        return vae__wrong_usage(call, "expected options alone, found \"%s\"", text);
    if (call->argument && !command->argument_repeats)
        return vae__wrong_usage(call, "expected one %s, found \"%s\" behind \"%s\"", command->argument, text,
                                call->argument);
    if (!*text)
        return vae__wrong_usage(call, "expected %s, found an empty text", command->argument);
    if (call->argument_count == VAE__MAX_TEXTS)
        return vae__wrong_usage(call, "expected at most %d times %s, found \"%s\" behind them", VAE__MAX_TEXTS,
                                command->argument, text);
    call->argument = call->argument ? call->argument : text;
    call->arguments[call->argument_count++] = text;
    return VAE__EXIT_DONE;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--"); i++)
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
            return true;
    return false;
}

static void take_usual_values(vae__call *call)
{
    const vae__option *options = call->command->options;
    for (int i = 0; options[i].name; i++)
        if (options[i].usual)
            take(&options[i], options[i].usual, &call->values[i]);
}

int vae__options_parse(vae__call *call, int argc, char **argv, bool *help)
{
    *help = asks_for_help(argc, argv);
    if (*help)
        return VAE__EXIT_DONE;
    take_usual_values(call);
    bool options_over = false;
    for (int i = 0; i < argc; i++) {
        int status = VAE__EXIT_DONE;
        if (options_over || argv[i][0] != '-' || !argv[i][1])
            status = parse_argument(call, argv[i]);
        else if (!strcmp(argv[i], "--"))
            options_over = true;
        else if (argv[i][1] == '-')
            status = parse_option(call, argc, argv, &i);
        else
            status = vae__wrong_usage(call, "%s: no such option; %s %s --help lists them", argv[i], call->program,
                                      call->command->name);
        if (status)
            return status;
    }
    if (call->command->argument && !call->command->argument_optional && !call->argument)
        return vae__wrong_usage(call, "expected %s, found none", call->command->argument);
    return VAE__EXIT_DONE;
}

/* ---- Help -------------------------------------------------------------------------------------------------------- */

/* In two columns, of which completion for bash reads the first. */
static void print_option(const char *left, const char *help, const char *usual)
{
    enum { INDENT = 30 };
    char text[512];
    int used = printf("  %-26s  ", left);
    snprintf(text, sizeof text, "%s%s%s%s", help, usual ? " [" : "", usual ? usual : "", usual ? "]" : "");
    vae__print_wrapped(text, used, INDENT);
    putchar('\n');
}

void vae__options_help(const vae__option *options)
{
    for (const vae__option *option = options; option->name; option++) {
        char left[80];
        snprintf(left, sizeof left, "--%s%s%s", option->name, option->argument ? " " : "",
                 option->argument ? option->argument : "");
        print_option(left, option->help, option->usual);
    }
    print_option("--help", "this text", NULL);
}
