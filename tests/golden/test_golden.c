/*
 * Figures of independent implementations, which stand beside the scripts that made them: ops by NumPy (ops.py), a
 * training step by PyTorch (torch_step.py), and one of tables with missing values (torch_fields.py). And a checkpoint's
 * figures, recomputed by a script while the test runs (posterior.py), where python3 has NumPy and h5py.
 *
 * The files are looked for below the folder that SOURCE names, or the current one. PYTHON names the interpreter.
 */
#include <hdf5.h>
#include <hdf5_hl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vae/checkpoint.h>
#include <vae/infer.h>

#include "graph/graph.h"
#include "models/model.h"
#include "src/data/match.h"
#include "tests/support/suite.h"

enum { MOST = 400, NAME = 64 };

static const char *source_path(const char *name)
{
    static char path[512];
    const char *folder = getenv("SOURCE");
    snprintf(path, sizeof path, "%s/tests/golden/%s", folder ? folder : ".", name);
    return path;
}

static FILE *open_golden(const char *name)
{
    FILE *file = fopen(source_path(name), "r");
    ck_assert_msg(file != NULL, "%s cannot be opened", source_path(name));
    return file;
}

static void read_values(FILE *file, int count, double *values)
{
    ck_assert_int_le(count, MOST);
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(fscanf(file, "%lf", &values[i]), 1);
}

static void check_values(const char *name, const double *found, const double *expected, int count, double tolerance)
{
    for (int i = 0; i < count; i++)
        ck_assert_msg(fabs(found[i] - expected[i]) <= tolerance * (1 + fabs(expected[i])),
                      "%s, value %d: %.17g, not %.17g", name, i, found[i], expected[i]);
}

/* ---- Ops --------------------------------------------------------------------------------------------------------- */

#define UNARY(op)                                                                                                      \
    static vae_node *build_##op(vae_node **x)                                                                          \
    {                                                                                                                  \
        return vae_##op(x[0]);                                                                                         \
    }
UNARY(gelu)
UNARY(softplus)
UNARY(elu)
UNARY(sigmoid)
UNARY(tanh)
UNARY(log1p)
UNARY(logsumexp_rows)
UNARY(mean_samples)
UNARY(clip_logvar)
UNARY(continuous_bernoulli_mean)

static vae_node *build_kl_standard_normal(vae_node **x)
{
    return vae_kl_standard_normal(x[0], x[1]);
}

static vae_node *build_kl_gaussian(vae_node **x)
{
    return vae_kl_gaussian(x[0], x[1], x[2], x[3]);
}

static vae_node *build_loglik_bernoulli(vae_node **x)
{
    return vae_loglik_bernoulli(x[0], x[1], x[2]);
}

static vae_node *build_loglik_gaussian(vae_node **x)
{
    return vae_loglik_gaussian(x[0], x[1], x[2], x[3]);
}

static vae_node *build_loglik_poisson(vae_node **x)
{
    return vae_loglik_poisson(x[0], x[1], x[2]);
}

static vae_node *build_loglik_laplace(vae_node **x)
{
    return vae_loglik_laplace(x[0], x[1], x[2], x[3]);
}

static vae_node *build_loglik_continuous_bernoulli(vae_node **x)
{
    return vae_loglik_continuous_bernoulli(x[0], x[1], x[2]);
}

static vae_node *build_loglik_discretized_logistic(vae_node **x)
{
    return vae_loglik_discretized_logistic(x[0], x[1], x[2], x[3]);
}

static vae_node *build_discretized_logistic_mean(vae_node **x)
{
    return vae_discretized_logistic_mean(x[0], x[1]);
}

static vae_node *build_loglik_negative_binomial(vae_node **x)
{
    return vae_loglik_negative_binomial(x[0], x[1], x[2], x[3]);
}

static vae_node *build_gaussian_sample(vae_node **x)
{
    return vae_gaussian_sample(x[0], x[1], x[2]);
}

#define ROW(op)                                                                                                        \
    {                                                                                                                  \
#op, build_##op                                                                                                \
    }
static const struct {
    const char *name;
    vae_node *(*build)(vae_node **x);
} ops[] = { ROW(gelu),
            ROW(softplus),
            ROW(elu),
            ROW(sigmoid),
            ROW(tanh),
            ROW(log1p),
            ROW(logsumexp_rows),
            ROW(mean_samples),
            ROW(clip_logvar),
            ROW(kl_standard_normal),
            ROW(kl_gaussian),
            ROW(loglik_bernoulli),
            ROW(loglik_gaussian),
            ROW(loglik_poisson),
            ROW(loglik_laplace),
            ROW(loglik_negative_binomial),
            ROW(loglik_discretized_logistic),
            ROW(discretized_logistic_mean),
            ROW(loglik_continuous_bernoulli),
            ROW(continuous_bernoulli_mean),
            ROW(gaussian_sample) };
enum { OPS = sizeof ops / sizeof *ops };

/* A record of ops.txt. */
typedef struct record {
    char name[NAME];
    int op, examples, rows, size, input_count, result_size;
    double inputs[VAE__MAX_INPUTS][MOST], result[MOST];
} record;

static bool read_record(FILE *file, record *r)
{
    if (fscanf(file, "%63s %d %d %d %d %d", r->name, &r->examples, &r->rows, &r->size, &r->input_count,
               &r->result_size) != 6)
        return false;
    for (int k = 0; k < r->input_count; k++)
        read_values(file, r->examples * r->rows * r->size, r->inputs[k]);
    read_values(file, r->examples * r->result_size, r->result);
    for (r->op = 0; r->op < OPS && strcmp(ops[r->op].name, r->name);)
        r->op++;
    ck_assert_msg(r->op < OPS, "there is no op %s here", r->name);
    return true;
}

static void check_record(const record *r, vae_executor_options options, double tolerance)
{
    vae_graph *graph = NULL;
    vae_store *store = NULL;
    vae_program *program = NULL;
    vae_executor *executor = NULL;
    vae_node *inputs[VAE__MAX_INPUTS] = { NULL };
    vae_binding bindings[VAE__MAX_INPUTS];
    ck_assert_status_ok(vae_graph_new(&graph));
    ck_assert_status_ok(vae_store_new(&store));
    for (int k = 0; k < r->input_count; k++) {
        inputs[k] = vae_noise_samples(graph, VAE_NORMAL, "x", r->rows, 1, (int64_t[]){ r->size });
        bindings[k] = (vae_binding){ .node = inputs[k], .values = r->inputs[k], .type = VAE_FLOAT64 };
    }
    vae_node *out = ops[r->op].build(inputs);
    vae_graph_keep(out);
    ck_assert_status_ok(vae_graph_compile(graph, store, NULL, &program));
    options.capacity = r->examples;
    options.threads = 1;
    ck_assert_status_ok(vae_executor_new(program, &options, &executor));
    vae_run run = { .examples = r->examples, .bindings = bindings, .binding_count = r->input_count };
    ck_assert_status_ok(vae_executor_run(executor, &run));
    double found[MOST];
    const void *values = vae_executor_value(executor, out);
    for (int i = 0; i < r->examples * r->result_size; i++)
        found[i] = options.float64 ? ((const double *)values)[i] : (double)((const float *)values)[i];
    check_values(r->name, found, r->result, r->examples * r->result_size, tolerance);
    vae_executor_free(&executor);
    vae_program_free(&program);
    vae_graph_free(&graph);
    vae_store_free(&store);
}

START_TEST(test_ops)
{
    static record r;
    FILE *file = open_golden("ops.txt");
    bool seen[OPS] = { false };
    while (read_record(file, &r)) {
        seen[r.op] = true;
        check_record(&r, (vae_executor_options){ .float64 = true }, 1e-12);
        /* float32 rounds what it is given, and then what it computes. */
        check_record(&r, (vae_executor_options){ .float64 = false }, 2e-5);
    }
    ck_assert(feof(file));
    fclose(file);
    for (int i = 0; i < OPS; i++)
        ck_assert_msg(seen[i], "ops.txt has no %s", ops[i].name);
}
END_TEST

/* ---- A training step --------------------------------------------------------------------------------------------- */

/* That of torch_step.py. */
static vae_model_spec step_spec(const char *likelihood)
{
    return (vae_model_spec){
        .name = "golden",
        .x = { .shape = { 6 }, .likelihood = likelihood, .transform = "unit" },
        .conditions = { { .name = "digit", .kind = VAE_CLASS, .size = 3 } },
        .latents = { { .size = 2 } },
        .encoder = "dense 5 relu, dense 4 tanh",
        .decoder = "dense 5 gelu",
    };
}

typedef struct step {
    vae_model *model;
    vae__model_graph graph;
    vae_executor *executor;
    double parameters[MOST], gradient[MOST];
} step;

static void read_named(FILE *file, const char *name, int count, double *values)
{
    char found[NAME];
    int size = 0;
    ck_assert_int_eq(fscanf(file, "%63s %d", found, &size), 2);
    ck_assert_str_eq(found, name);
    ck_assert_int_eq(size, count);
    read_values(file, count, values);
}

/* The tensor that the next record is of, and its values. */
static const vae_tensor *read_tensor(FILE *file, vae_store *store, const char *name, double *values)
{
    const vae_tensor *tensor = vae_store_find(store, name);
    int size = 0;
    ck_assert_msg(tensor != NULL, "there is no parameter %s", name);
    ck_assert_int_eq(fscanf(file, "%d", &size), 1);
    ck_assert_int_eq(size, tensor->size);
    read_values(file, size, values);
    return tensor;
}

static const vae_node *noise_node(const vae_graph *graph)
{
    for (size_t i = 0; i < graph->count; i++)
        if (!strcmp(vae_node_op(graph->nodes[i]), "noise") && !strcmp(vae_node_label(graph->nodes[i]), "z"))
            return graph->nodes[i];
    ck_abort_msg("there is no noise z");
    return NULL;
}

/* Those of `count` parameters; beside them a store has `fitted` tensors of state. */
static void check_gradients(FILE *file, const step *s, int count, int fitted)
{
    vae_store *store = vae_model_store(s->model);
    for (int i = 0; i < count; i++) {
        char name[NAME];
        double expected[MOST];
        ck_assert_int_eq(fscanf(file, "%63s", name), 1);
        const vae_tensor *tensor = read_tensor(file, store, name, expected);
        check_values(name, s->gradient + tensor->offset, expected, (int)tensor->size, 1e-10);
    }
    ck_assert_int_eq(count + fitted, vae_store_count(store));
}

static void check_step(FILE *file, const char *likelihood)
{
    enum { ROWS = 4 };
    static step s;
    double x[ROWS * 6], digit[ROWS], noise[ROWS * 2], loss;
    vae_model_spec spec = step_spec(likelihood);
    s = (step){ 0 };
    ck_assert_status_ok(vae_model_new(&spec, NULL, NULL, 0, &s.model));
    vae__graph_request request = { .kind = VAE__TRAINING, .x_type = VAE_FLOAT64 };
    ck_assert_status_ok(vae__model_graph_new(s.model, &request, &s.graph));
    vae_executor_options options = { .capacity = ROWS, .threads = 1, .float64 = true };
    ck_assert_status_ok(vae_executor_new(s.graph.program, &options, &s.executor));
    ck_assert_int_le(vae_store_size(vae_model_store(s.model)), MOST);
    read_named(file, "x", ROWS * 6, x);
    read_named(file, "digit", ROWS, digit);
    read_named(file, "noise", ROWS * 2, noise);
    char name[NAME];
    double values[MOST];
    while (fscanf(file, "%63s", name) == 1 && strcmp(name, "loss")) {
        const vae_tensor *tensor = read_tensor(file, vae_model_store(s.model), name, values);
        memcpy(s.parameters + tensor->offset, values, (size_t)tensor->size * sizeof(double));
    }
    int one = 0, count = 0;
    ck_assert_int_eq(fscanf(file, "%d %lf gradient %d", &one, &loss, &count), 3);
    vae_binding bindings[] = { { s.graph.x, x, VAE_FLOAT64, NULL },
                               { s.graph.conditions[0], digit, VAE_FLOAT64, NULL },
                               { noise_node(s.graph.graph), noise, VAE_FLOAT64, NULL } };
    vae_run run = {
        .examples = ROWS, .bindings = bindings, .binding_count = 3, .parameters = s.parameters, .gradient = s.gradient
    };
    ck_assert_status_ok(vae_executor_run(s.executor, &run));
    check_values("loss", vae_executor_value(s.executor, s.graph.objective), &loss, 1, 1e-10);
    check_gradients(file, &s, count, 0);
    vae_executor_free(&s.executor);
    vae__model_graph_clear(&s.graph);
    vae_model_free(&s.model);
}

START_TEST(test_torch_step)
{
    FILE *file = open_golden("torch_step.txt");
    char likelihood[NAME];
    int models = 0;
    for (; fscanf(file, " model %63s", likelihood) == 1; models++)
        check_step(file, likelihood);
    ck_assert_int_eq(models, 2);
    fclose(file);
}
END_TEST

/* ---- Tables with missing values ---------------------------------------------------------------------------------- */

enum { TABLE_ROWS = 7, TABLE_SIZE = 5 };

/* Those of torch_fields.py. */
static const vae_model_spec tables[] = {
    { .name = "table",
      .x = { .likelihood = "gaussian", .transform = "standardize" },
      .conditions = { { .name = "energy", .kind = VAE_VALUES }, { .name = "run", .kind = VAE_CLASS } },
      .latents = { { .size = 2 } },
      .encoder = "dense 4 tanh",
      .decoder = "dense 4 softplus" },
    { .name = "counts",
      .x = { .likelihood = "poisson", .encoder_transform = "log1p" },
      .conditions = { { .name = "energy", .kind = VAE_VALUES }, { .name = "run", .kind = VAE_CLASS } },
      .latents = { { .size = 2 } },
      .encoder = "dense 4 tanh",
      .decoder = "dense 4 softplus" },
};

static void put_field(FILE *file, hid_t into, const char *name, int columns, bool whole)
{
    double values[TABLE_ROWS * TABLE_SIZE];
    const hsize_t shape[] = { TABLE_ROWS, (hsize_t)columns };
    read_named(file, name, TABLE_ROWS * columns, values);
    ck_assert(H5LTmake_dataset(into, name, columns > 1 ? 2 : 1, shape, H5T_NATIVE_DOUBLE, values) >= 0);
    int numbers[TABLE_ROWS * TABLE_SIZE];
    for (int i = 0; whole && i < TABLE_ROWS * columns; i++)
        numbers[i] = (int)values[i];
    if (whole) {
        H5Ldelete(into, name, H5P_DEFAULT);
        ck_assert(H5LTmake_dataset(into, name, columns > 1 ? 2 : 1, shape, H5T_NATIVE_INT, numbers) >= 0);
    }
}

/* Writes what the next records have as HDF5, and opens it. */
static vae_data *read_table(FILE *file)
{
    char path[] = "/tmp/vae-test-golden-XXXXXX";
    vae_data *data = NULL;
    close(mkstemp(path));
    hid_t into = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    put_field(file, into, "x", TABLE_SIZE, false);
    put_field(file, into, "mask", TABLE_SIZE, true);
    put_field(file, into, "energy", 2, false);
    put_field(file, into, "run", 1, true);
    H5Fclose(into);
    const vae_field_source conditions[] = { { .name = "energy", .kind = VAE_VALUES },
                                            { .name = "run", .kind = VAE_CLASS } };
    ck_assert_status_ok(vae_data_open(
        path, &(vae_data_options){ .conditions = conditions, .condition_count = 2, .mask = "mask", .threads = 1 },
        &data));
    remove(path);
    return data;
}

/* An executor of one kind of a model's graph, run with the record's noise. */
static void run_table(step *s, const vae_data *data, vae__graph_kind kind, const double *noise)
{
    vae__match match;
    vae_binding bindings[VAE__MAX_BINDINGS + 1];
    ck_assert_status_ok(vae__match_data(s->model, data, VAE_ALL, &match));
    vae__graph_request request = vae__match_request(&match, kind);
    ck_assert_status_ok(vae__model_graph_new(s->model, &request, &s->graph));
    const vae_executor_options options = { .capacity = TABLE_ROWS, .threads = 1, .float64 = true };
    ck_assert_status_ok(vae_executor_new(s->graph.program, &options, &s->executor));
    int count = vae__match_bind(&match, &s->graph, NULL, bindings);
    bindings[count++] = (vae_binding){ noise_node(s->graph.graph), noise, VAE_FLOAT64, NULL };
    vae_run run = { .examples = TABLE_ROWS, .bindings = bindings, .binding_count = count, .parameters = s->parameters };
    run.gradient = kind == VAE__TRAINING ? s->gradient : NULL;
    ck_assert_status_ok(vae_executor_run(s->executor, &run));
}

static void end_run(step *s)
{
    vae_executor_free(&s->executor);
    vae__model_graph_clear(&s->graph);
}

static void check_table(FILE *file, const vae_model_spec *spec)
{
    static step s;
    char name[NAME];
    double noise[TABLE_ROWS * 2], reconstruction[TABLE_ROWS], kl[TABLE_ROWS], values[MOST], loss;
    int one, count, fitted = !strcmp(spec->name, "table") ? 4 : 2;
    s = (step){ 0 };
    vae_data *data = read_table(file);
    ck_assert_status_ok(vae_model_new(spec, NULL, data, 0, &s.model));
    ck_assert_int_le(vae_store_size(vae_model_store(s.model)), MOST);
    read_named(file, "noise", TABLE_ROWS * 2, noise);
    read_named(file, "reconstruction", TABLE_ROWS, reconstruction);
    read_named(file, "kl", TABLE_ROWS, kl);
    while (fscanf(file, "%63s", name) == 1 && strcmp(name, "loss")) {
        const vae_tensor *tensor = read_tensor(file, vae_model_store(s.model), name, values);
        memcpy(s.parameters + tensor->offset, values, (size_t)tensor->size * sizeof(double));
    }
    ck_assert_int_eq(fscanf(file, "%d %lf gradient %d", &one, &loss, &count), 3);
    run_table(&s, data, VAE__EVALUATION, noise);
    check_values("reconstruction", vae_executor_value(s.executor, s.graph.reconstruction), reconstruction, TABLE_ROWS,
                 1e-10);
    check_values("kl", vae_executor_value(s.executor, s.graph.kl), kl, TABLE_ROWS, 1e-10);
    end_run(&s);
    run_table(&s, data, VAE__TRAINING, noise);
    check_values("loss", vae_executor_value(s.executor, s.graph.objective), &loss, 1, 1e-10);
    check_gradients(file, &s, count, fitted);
    end_run(&s);
    vae_model_free(&s.model);
    vae_data_free(&data);
}

START_TEST(test_torch_fields)
{
    FILE *file = open_golden("torch_fields.txt");
    char name[NAME];
    int models = 0;
    for (; fscanf(file, " model %63s", name) == 1; models++) {
        ck_assert_int_lt(models, 2);
        ck_assert_str_eq(name, tables[models].name);
        check_table(file, &tables[models]);
    }
    ck_assert_int_eq(models, 2);
    fclose(file);
}
END_TEST

/* ---- A checkpoint, read by others -------------------------------------------------------------------------------- */

static const vae_model_spec cvae = {
    .name = "small-cvae",
    .conditions = { { .name = "digit", .kind = VAE_CLASS } },
    .latents = { { .size = 3 } },
    .encoder = "dense 12 relu, dense 7 tanh",
    .decoder = "dense 9 softplus",
};

/* Both words of the key are in use. */
static const uint64_t seed = (UINT64_C(5) << 32) + 9;

static void write_example(FILE *file, const vae__match *match, int64_t e, const vae_executor *executor,
                          const vae__model_graph *graph)
{
    const uint8_t *x = (const uint8_t *)match->x->values + e * 784;
    fprintf(file, "%d %d", (int)e, ((const uint8_t *)match->conditions[0]->values)[e]);
    for (int i = 0; i < 784; i++)
        fprintf(file, " %d", x[i]);
    fprintf(file, " %.9g %.9g", (double)((const float *)vae_executor_value(executor, graph->reconstruction))[e],
            (double)((const float *)vae_executor_value(executor, graph->kl))[e]);
    for (int i = 0; i < 3; i++)
        fprintf(file, " %.9g", (double)((const float *)vae_executor_value(executor, graph->mean))[e * 3 + i]);
    fprintf(file, "\n");
}

/* What evaluation says of the test rows. */
static void write_figures(const vae_model *model, const vae_data *data, const char *path)
{
    vae__match match;
    vae__model_graph graph;
    vae_executor *executor = NULL;
    vae_evaluation found;
    vae_binding bindings[VAE__MAX_BINDINGS];
    ck_assert_status_ok(
        vae_evaluate(model, data, &(vae_evaluation_options){ .split = VAE_TEST, .seed = seed }, &found));
    ck_assert_status_ok(vae__match_data(model, data, VAE_TEST, &match));
    vae__graph_request request = { .kind = VAE__EVALUATION, .x_type = match.x->type };
    ck_assert_status_ok(vae__model_graph_new(model, &request, &graph));
    ck_assert_status_ok(
        vae_executor_new(graph.program, &(vae_executor_options){ .capacity = match.rows, .threads = 1 }, &executor));
    vae_run run = { .examples = match.rows, .bindings = bindings, .seed = seed, .purpose = "evaluate" };
    run.binding_count = vae__match_bind(&match, &graph, NULL, bindings);
    ck_assert_status_ok(vae_executor_run(executor, &run));
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "%llu %.12g\n", (unsigned long long)seed, found.elbo);
    for (int64_t e = 0; e < match.rows; e++)
        write_example(file, &match, e, executor, &graph);
    fclose(file);
    vae_executor_free(&executor);
    vae__model_graph_clear(&graph);
}

/* The script's exit status; 77 where it, or python3, cannot run. */
static int run_script(const char *checkpoint, const char *figures)
{
    const char *named = getenv("PYTHON"), *python = named && *named ? named : "/usr/bin/python3";
    int status = 0;
    pid_t child = fork();
    if (!child) {
        execl(python, python, source_path("posterior.py"), checkpoint, figures, (char *)NULL);
        _exit(77);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

START_TEST(test_posterior)
{
    char folder[] = "/tmp/vae-test-golden-XXXXXX", checkpoint[64], figures[64];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(checkpoint, sizeof checkpoint, "%s/a.h5", folder);
    snprintf(figures, sizeof figures, "%s/figures", folder);
    vae_data *data = NULL;
    vae_model *model = NULL;
    vae_training *training = NULL;
    ck_assert_status_ok(vae_data_open("digits:300", NULL, &data));
    ck_assert_status_ok(vae_model_new(&cvae, NULL, data, 2, &model));
    vae_training_options options = { .batch_size = 50, .learning_rate = 0.01 };
    ck_assert_status_ok(vae_training_new(&model, data, &options, &training));
    ck_assert_status_ok(vae_train(training, data, &(vae_train_options){ .epochs = 5, .checkpoint = checkpoint }));
    write_figures(vae_training_model(training), data, figures);
    int status = run_script(checkpoint, figures);
    ck_assert_msg(status == 0 || status == 77, "posterior.py finds other figures (exit status %d)", status);
    vae_training_free(&training);
    vae_data_free(&data);
    remove(checkpoint);
    remove(figures);
    remove(folder);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("golden");
    const TTest *const tests[] = { test_ops, test_torch_step, test_torch_fields, test_posterior, NULL };
    suite_case(suite, "golden", 120, tests);
    return suite_run(suite);
}
