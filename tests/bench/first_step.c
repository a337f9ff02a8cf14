/* From the start of a process to the end of its first training step, in milliseconds, and what they went into: the
 * program starts itself anew for every run, so that loading its libraries counts. Peak memory is told beside it. Not a
 * test: `first_step FOLDER [MODEL [RUNS]]`, FOLDER of IDX files such as MNIST's; on a busy machine
 * `chrt -f 50 first_step …`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vae/vae.h>

enum { RUNS_MOST = 1000 };

/* In the order in which they are passed. */
enum { STARTED, OPENED, MADE, STEPPED, TIMES };

static const char *const time_names[TIMES] = { "libraries loaded", "data read", "model made", "first step done" };

typedef struct run_times {
    double at[TIMES]; /* seconds since the process was asked for */
    double megabytes; /* most resident */
} run_times;

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void must(vae_status status)
{
    if (!status.code)
        return;
    fprintf(stderr, "%s\n", status.message);
    exit(1);
}

/* ---- A run ------------------------------------------------------------------------------------------------------- */

static int stop(void *context, const vae_progress *progress)
{
    (void)progress;
    *(double *)context = seconds_now();
    return 1;
}

static void take_step(vae_training *training, const vae_data *data, double *when)
{
    const vae_train_options options = { .epochs = 1, .progress = stop, .context = when, .progress_steps = 1 };
    vae_status status = vae_train(training, data, &options);
    if (status.code != VAE_STOPPED)
        must(status);
}

static double peak_megabytes(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

/* The process that is measured; `asked`: when it was asked for. */
static void run(const char *folder, const char *name, double asked)
{
    run_times times = { .at = { [STARTED] = seconds_now() } };
    const vae_model_spec *spec = vae_model_find(NULL, name);
    vae_data *data = NULL;
    vae_model *model = NULL;
    vae_training *training = NULL;
    must(vae_data_open(folder, NULL, &data));
    times.at[OPENED] = seconds_now();
    must(vae_model_new(spec, NULL, data, 0, &model));
    must(vae_training_new(&model, data, NULL, &training));
    times.at[MADE] = seconds_now();
    take_step(training, data, &times.at[STEPPED]);
    for (int i = 0; i < TIMES; i++)
        printf("%.6f ", times.at[i] - asked);
    printf("%.1f\n", peak_megabytes());
    vae_training_free(&training);
    vae_data_free(&data);
}

/* ---- Many -------------------------------------------------------------------------------------------------------- */

static void run_anew(const char *program, const char *folder, const char *name, int to)
{
    char asked[64];
    snprintf(asked, sizeof asked, "%.9f", seconds_now());
    dup2(to, STDOUT_FILENO);
    execlp(program, program, folder, name, "run", asked, (char *)NULL);
    perror(program);
    _exit(1);
}

static run_times measure(const char *program, const char *folder, const char *name)
{
    run_times times;
    int ends[2], status = 0;
    if (pipe(ends))
        exit(1);
    pid_t child = fork();
    if (!child)
        run_anew(program, folder, name, ends[1]);
    close(ends[1]);
    FILE *from = fdopen(ends[0], "r");
    int found = 0;
    for (int i = 0; i < TIMES; i++)
        found += fscanf(from, "%lf", &times.at[i]);
    found += fscanf(from, "%lf", &times.megabytes);
    fclose(from);
    waitpid(child, &status, 0);
    if (status || found != TIMES + 1)
        exit(1);
    return times;
}

static int compare(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return one < other ? -1 : one > other;
}

static double median_of(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return values[count / 2];
}

int main(int argc, char **argv)
{
    const char *name = argc > 2 ? argv[2] : "vae";
    if (argc == 5 && !strcmp(argv[3], "run")) {
        run(argv[1], name, atof(argv[4]));
        return 0;
    }
    int runs = argc > 3 ? atoi(argv[3]) : 7;
    if (argc < 2 || !vae_model_find(NULL, name) || runs < 1 || runs > RUNS_MOST) {
        fprintf(stderr, "first_step FOLDER [MODEL [RUNS]]\n");
        return 2;
    }
    static double values[TIMES + 1][RUNS_MOST];
    for (int r = 0; r < runs; r++) {
        run_times times = measure(argv[0], argv[1], name);
        for (int i = 0; i < TIMES; i++)
            values[i][r] = 1e3 * times.at[i];
        values[TIMES][r] = times.megabytes;
    }
    printf("%s, %s, medians of %d:\n", name, argv[1], runs);
    for (int i = 0; i < TIMES; i++)
        printf("%7.1f ms  %s\n", median_of(values[i], runs), time_names[i]);
    printf("%7.1f MB  most resident\n", median_of(values[TIMES], runs));
    return 0;
}
