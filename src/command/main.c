/* vae_main: the table of commands, and what is the same for all of them. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "src/command/command.h"

static const vae__command *const commands[] = {
    &vae__command_models, &vae__command_train, &vae__command_eval, &vae__command_sample, &vae__command_info,
};
enum { COMMANDS = sizeof commands / sizeof *commands };

/* ---- Speaking ---------------------------------------------------------------------------------------------------- */

/* One line, whatever a user or a file has put into the message. */
static void say(const vae__call *call, const char *format, va_list arguments)
{
    char message[2048];
    vsnprintf(message, sizeof message, format, arguments);
    for (char *c = message; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    /* So that on a terminal the lines stand in the order in which they were said. */
    fflush(stdout);
    fprintf(stderr, "%s%s%s: %s\n", call->program, call->command ? " " : "", call->command ? call->command->name : "",
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

static void print_help(const char *program)
{
    printf("Variational autoencoders: declare, train, evaluate, sample.\n\nusage: %s COMMAND ...\n\n", program);
    for (int i = 0; i < COMMANDS; i++)
        printf("  %-8s  %s\n", commands[i]->name, commands[i]->summary);
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
        printf("\n%s", command->notes);
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

/* The command line as it was given, with quotes where a shell would want them; ends in "..." where it is too long. */
static void record_line(vae__call *call, int argc, char **argv)
{
    size_t used = 0, size = sizeof call->line;
    for (int i = 0; i < argc && used < size; i++) {
        const char *text = i ? argv[i] : call->program;
        const char *quote = *text && !strpbrk(text, " \t\n\"'\\$&|;<>()*?[]#~`") ? "" : strchr(text, '\'') ? "\"" : "'";
        used += (size_t)snprintf(call->line + used, size - used, "%s%s%s%s", i ? " " : "", quote, text, quote);
    }
    if (used >= size)
        memcpy(call->line + size - 4, "...", 4);
}

static int run(vae__call *call, int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NULL;
    if (!name)
        return vae__wrong_usage(call, "expected a command, found none; %s --help lists them", call->program);
    if (!strcmp(name, "--help") || !strcmp(name, "-h")) {
        print_help(call->program);
        return VAE__EXIT_DONE;
    }
    if (!strcmp(name, "--version")) {
        printf("libvae %s\nkernels: %s\n", vae_version(), vae_kernels());
        return VAE__EXIT_DONE;
    }
    for (int i = 0; i < COMMANDS; i++)
        if (!strcmp(name, commands[i]->name))
            call->command = commands[i];
    if (!call->command)
        return unknown_command(call, name);
    bool help;
    int status = vae__options_parse(call, argc - 2, argv + 2, &help);
    if (help)
        print_command_help(call);
    return help || status ? status : call->command->run(call);
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
    return vae__failed(call, "standard output: cannot be written: %s", why);
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
    record_line(&call, argc, argv);
    int status = finish_output(&call, run(&call, argc, argv));
    if (plain) {
        uselocale(before);
        freelocale(plain);
    }
    return status;
}
