/* vae_main: the table of commands, and what is the same for all of them. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "src/command/command.h"

static const vae__command *const commands[] = {
    &vae__command_models,   &vae__command_data,        &vae__command_train,    &vae__command_eval,
    &vae__command_sample,   &vae__command_reconstruct, &vae__command_encode,   &vae__command_decode,
    &vae__command_info,     &vae__command_verify,      &vae__command_manifold, &vae__command_interpolate,
    &vae__command_traverse, &vae__command_arithmetic,  &vae__command_complete, &vae__command_forecast,
    &vae__command_plot,     &vae__command_check,       &vae__command_graph,    &vae__command_bench,
};
enum { COMMANDS = sizeof commands / sizeof *commands };

/* ---- Speaking ---------------------------------------------------------------------------------------------------- */

/* Some names of files as long as they may be, or texts of a checkpoint. */
enum { LINE_SIZE = 1 << 17, MESSAGE_SIZE = 1 << 14 };

static void clean(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
}

void vae__line(FILE *file, const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    clean(line);
    fprintf(file, "%s\n", line);
}

static void say(const vae__call *call, const char *format, va_list arguments)
{
    char message[MESSAGE_SIZE];
    vsnprintf(message, sizeof message, format, arguments);
    /* So that on a terminal the lines stand in the order in which they were said. */
    fflush(stdout);
    vae__line(stderr, "%s%s%s: %s", call->program, call->command ? " " : "", call->command ? call->command->name : "",
              message);
}

int vae__wrong_usage(const vae__call *call, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(call, format, arguments);
    va_end(arguments);
    return VAE__EXIT_USAGE;
}

int vae__failed(const vae__call *call, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(call, format, arguments);
    va_end(arguments);
    return VAE__EXIT_FAILED;
}

void vae__remark(const vae__call *call, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(call, format, arguments);
    va_end(arguments);
}

int vae__failed_status(const vae__call *call, vae_status status)
{
    int exit_status = vae__failed(call, "%s", *status.message ? status.message : vae_code_text(status.code));
    return status.code == VAE_ERROR_ARGUMENT ? VAE__EXIT_USAGE : exit_status;
}

const char *vae__counted(char text[64], int64_t count, const char *noun)
{
    snprintf(text, 64, "%" PRId64 " %s%s", count, noun, count == 1 ? "" : "s");
    return text;
}

const char *vae__threads_text(char text[64], int64_t threads)
{
    if (threads)
        return vae__counted(text, threads, "thread");
    snprintf(text, 64, "all threads");
    return text;
}

const char *vae__sizes_text(char text[VAE__SIZES_TEXT], const int64_t *shape, int rank)
{
    size_t used = 0;
    text[0] = 0;
    for (int i = 0; i < rank && shape[i] > 0 && used < VAE__SIZES_TEXT; i++)
        used += (size_t)snprintf(text + used, VAE__SIZES_TEXT - used, "%s%" PRId64, i ? " × " : "", shape[i]);
    return text;
}

int vae__condition_place(const vae_model_spec *spec, const char *name, size_t length)
{
    for (int i = 0; i < VAE_MAX_CONDITIONS && spec->conditions[i].name; i++)
        if (strlen(spec->conditions[i].name) == length && !memcmp(spec->conditions[i].name, name, length))
            return i;
    return -1;
}

int vae__unknown_condition(const vae__call *call, const char *option, const vae_model_spec *spec, const char *name,
                           size_t length)
{
    char names[256] = "";
    size_t used = 0;
    for (int i = 0; i < VAE_MAX_CONDITIONS && spec->conditions[i].name && used < sizeof names; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", spec->conditions[i].name);
    if (!*names)
        return vae__wrong_usage(call, "--%s: expected none, for %s has no conditions, found \"%.*s\"", option,
                                spec->name, (int)length, name);
    return vae__wrong_usage(call, "--%s: expected a condition of %s, which are %s, found \"%.*s\"", option, spec->name,
                            names, (int)length, name);
}

int64_t vae__parameter_count(vae_model *model)
{
    const vae_store *store = vae_model_store(model);
    int64_t count = 0;
    for (int i = 0; i < vae_store_count(store); i++) {
        const vae_tensor *tensor = vae_store_tensor(store, i);
        count += tensor->trainable ? tensor->size : 0;
    }
    return count;
}

/* ---- Help -------------------------------------------------------------------------------------------------------- */

/* How many columns the next word takes. */
static int word_width(const char *word)
{
    int width = 0;
    for (size_t i = 0, length = strcspn(word, " \n"); i < length; i++)
        width += ((unsigned char)word[i] & 0xc0) != 0x80; /* of a letter in UTF-8 the first byte */
    return width;
}

void vae__print_wrapped(const char *text, int column, int indent)
{
    bool first = true;
    for (const char *c = text; *c;) {
        size_t length = strcspn(c, " \n");
        int width = word_width(c);
        bool over = !first && column + 1 + width > VAE__HELP_COLUMNS;
        if (over)
            printf("\n%*s", indent, "");
        else if (!first)
            putchar(' ');
        printf("%.*s", (int)length, c);
        column = (over ? indent : column + !first) + width;
        first = c[length] == '\n';
        if (first) {
            putchar('\n');
            column = 0;
        }
        c += length + (c[length] != 0);
    }
}

static void print_help(const char *program)
{
    printf("Variational autoencoders: declare, train, evaluate, sample.\n\nusage: %s COMMAND ...\n\n", program);
    for (int i = 0; i < COMMANDS; i++)
        printf("  %-11s  %s\n", commands[i]->name, commands[i]->summary);
    printf("\n%s COMMAND --help tells all of a command; %s --version tells version and kernels.\n"
           "Exit status: 0 done, 1 failed, 2 wrong usage, 3 stopped by a signal after saving.\n",
           program, program);
}

static void print_command_help(const vae__call *call)
{
    const vae__command *command = call->command;
    printf("%s\n\n", command->summary);
    const char *before = "usage:";
    for (const char *line = command->usage, *end; line; line = *end ? end + 1 : NULL, before = "      ") {
        end = strchr(line, '\n');
        end = end ? end : line + strlen(line);
        printf("%s %s %s %.*s\n", before, call->program, command->name, (int)(end - line), line);
    }
    putchar('\n');
    vae__options_help(command->options);
    if (command->notes)
        putchar('\n');
    if (command->notes)
        vae__print_wrapped(command->notes, 0, 0);
}

/* ---- The frame of every command ---------------------------------------------------------------------------------- */

static int unknown_command(const vae__call *call, const char *name)
{
    char names[256] = "";
    size_t used = 0;
    vae__hint hint = vae__hint_for(name);
    for (int i = 0; i < COMMANDS && used < sizeof names; i++) {
        vae__hint_offer(&hint, commands[i]->name);
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", commands[i]->name);
    }
    return vae__wrong_usage(call, "\"%s\": no such command, expected one of %s%s%s%s", name, names,
                            hint.nearest ? "; did you mean " : "", hint.nearest ? hint.nearest : "",
                            hint.nearest ? "?" : "");
}

/* What is no letter of these goes between single quotes, where only the quote itself means anything. */
size_t vae__quote(char *quoted, size_t size, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=,+@%-";
    if (*text && !text[strspn(text, plain)])
        return (size_t)snprintf(quoted, size, "%s", text);
    size_t used = 0;
    for (const char *c = text; c == text || c[-1]; c++) {
        char piece[8];
        snprintf(piece, sizeof piece, "%s%s%s", c == text ? "'" : "", *c == '\'' ? "'\\''" : (char[2]){ *c, 0 },
                 *c ? "" : "'");
        used += (size_t)snprintf(quoted + (used < size ? used : size), used < size ? size - used : 0, "%s", piece);
    }
    return used;
}

/* The command line as it was given, as a shell takes it; ends in "..." where it is too long. */
static void record_line(vae__call *call, int argc, char **argv)
{
    size_t used = 0, size = sizeof call->line;
    for (int i = 0; i < argc && used + 1 < size; i++) {
        if (i)
            call->line[used++] = ' ';
        used += vae__quote(call->line + used, size - used, i ? argv[i] : call->program);
    }
    if (used >= size)
        memcpy(call->line + size - 4, "...", 4);
}

/* What stands before any command: --help, --version. */
static int check_alone(const vae__call *call, int argc, char **argv)
{
    if (argc == 2)
        return VAE__EXIT_DONE;
    return vae__wrong_usage(call, "expected nothing behind %s, found \"%s\"", argv[1], argv[2]);
}

static void print_version(void)
{
    const bool bf16 = !vae_precision_check("bf16", NULL).code;
    printf("libvae %s\nkernels: %s\nprecisions: float32%s\n", vae_version(), vae_kernels(), bf16 ? ", bf16" : "");
}

/* Rows that a program brings, which other functions take for granted. */
static int check_catalogue(const vae__call *call)
{
    vae_status status = vae_catalogue_check(call->catalogue);
    return status.code ? vae__failed(call, "%s", status.message) : VAE__EXIT_DONE;
}

static void ignore_signal(int number)
{
    struct sigaction action = { .sa_handler = SIG_IGN };
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

static int run_command(vae__call *call, int argc, char **argv)
{
    bool help;
    int status = vae__options_parse(call, argc - 2, argv + 2, &help);
    if (help)
        print_command_help(call);
    if (help || status)
        return status;
    /* Hours of work do not end because nobody reads its lines any more. */
    if (call->command->kept)
        ignore_signal(SIGPIPE);
    return call->command->run(call);
}

static int run(vae__call *call, int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NULL;
    if (!name)
        return vae__wrong_usage(call, "expected a command, found none; %s --help lists them", call->program);
    bool help = !strcmp(name, "--help") || !strcmp(name, "-h"), version = !strcmp(name, "--version");
    int status = help || version ? check_alone(call, argc, argv) : check_catalogue(call);
    if (!status && help)
        print_help(call->program);
    if (!status && version)
        print_version();
    if (status || help || version)
        return status;
    for (int i = 0; i < COMMANDS; i++)
        if (!strcmp(name, commands[i]->name))
            call->command = commands[i];
    return call->command ? run_command(call, argc, argv) : unknown_command(call, name);
}

/* With a standard stream closed, the next file opened would take its number, and what is printed would go into that
 * file. So it is taken, in the direction in which it cannot be used: output into it fails, and that is told. */
static void hold_standard_streams(void)
{
    for (int file = 0; file <= 2; file++)
        if (fcntl(file, F_GETFD) == -1 && open("/dev/null", file ? O_RDONLY : O_WRONLY) != file)
            return;
}

/* Output that did not arrive is a failure, though all work may have been done. */
static int finish_output(const vae__call *call, int status)
{
    errno = 0;
    bool lost = fflush(stdout);
    if (!lost && !ferror(stdout))
        return status;
    const char *why = lost && errno ? strerror(errno) : "writing failed";
    const char *kept = call->command ? call->command->kept : NULL;
    bool worked = kept && (status == VAE__EXIT_DONE || status == VAE__EXIT_STOPPED);
    return vae__failed(call, "standard output: cannot be written: %s%s%s", why, worked ? "; " : "", worked ? kept : "");
}

static const char *program_name(int argc, char **argv)
{
    const char *path = argc > 0 && argv[0] ? argv[0] : "", *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    return *name ? name : "vae";
}

int vae_main(int argc, char **argv, const vae_catalogue *catalogue)
{
    vae__call call = { .program = program_name(argc, argv), .catalogue = catalogue };
    hold_standard_streams();
    /* Numbers are read and written with a point, whatever locale the host has set. */
    locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0), before = (locale_t)0;
    if (plain)
        before = uselocale(plain);
    struct sigaction pipe_before, size_before;
    sigaction(SIGPIPE, NULL, &pipe_before);
    sigaction(SIGXFSZ, NULL, &size_before);
    ignore_signal(SIGXFSZ); /* so that a file beyond the limit is a write that fails, and is told */
    record_line(&call, argc, argv);
    int status = finish_output(&call, run(&call, argc, argv));
    sigaction(SIGPIPE, &pipe_before, NULL);
    sigaction(SIGXFSZ, &size_before, NULL);
    if (plain) {
        uselocale(before);
        freelocale(plain);
    }
    return status;
}
