/* Gradient checks: right gradients pass, wrong ones are found wherever they are, and kinks are no mistakes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vae/catalogue.h>
#include <vae/check.h>
#include <vae/command.h>
#include <vae/ops.h>

#include "tests/support/suite.h"
#include "tests/support/system.h"

/* A graph of parameters alone, in two examples of an input "x" of one 0. */
typedef struct trial {
    vae_graph *graph;
    vae_store *store;
    vae_program *program;
    vae_node *x;
    vae_check_report report;
} trial;

static const float zeros[2];

static trial begin(void)
{
    trial t = { .graph = NULL };
    ck_assert_status_ok(vae_graph_new(&t.graph));
    ck_assert_status_ok(vae_store_new(&t.store));
    t.x = vae_input(t.graph, "x", 1, (int64_t[]){ 1 });
    return t;
}

static vae_node *parameter(trial *t, const char *name, int64_t size)
{
    return vae_parameter(t->graph, name, VAE_ZEROS, 1, &size);
}

static void compile(trial *t, vae_node *objective)
{
    vae_compile_options options = { .objective = objective };
    ck_assert_status_ok(vae_graph_compile(t->graph, t->store, &options, &t->program));
}

static vae_status check(trial *t, const double *parameters)
{
    vae_binding binding = { t->x, zeros, VAE_FLOAT32, NULL };
    vae_run run = { .examples = 2, .bindings = &binding, .binding_count = 1, .parameters = parameters };
    return vae_program_check(t->program, &run, &(vae_check_options){ .threads = 1 }, &t->report);
}

static void end(trial *t)
{
    vae_check_report_free(&t->report);
    vae_program_free(&t->program);
    vae_store_free(&t->store);
    vae_graph_free(&t->graph);
}

static void fill(trial *t, const char *name, float value)
{
    const vae_tensor *tensor = vae_store_find(t->store, name);
    for (int64_t i = 0; i < tensor->size; i++)
        vae_store_parameters(t->store)[tensor->offset + i] = value;
}

static const vae_check_tensor *row_of(const vae_check_report *report, const char *name)
{
    for (int i = 0; i < report->count; i++)
        if (!strcmp(report->tensors[i].name, name))
            return &report->tensors[i];
    ck_abort_msg("no %s in the report", name);
    return NULL;
}

/* ---- Models ------------------------------------------------------------------------------------------------------ */

static const vae_model_spec spec = {
    .name = "tiny",
    .conditions = { { .name = "digit", .kind = VAE_CLASS } },
    .latents = { { .size = 2 } },
    .encoder = "dense 5 relu, dense 7 tanh",
    .decoder = "dense 6 gelu",
};

static void open_model(const vae_model_spec *declared, vae_data **data, vae_model **model)
{
    ck_assert_status_ok(vae_data_open("digits:20", &(vae_data_options){ .threads = 1 }, data));
    ck_assert_status_ok(vae_model_new(declared, NULL, *data, 1, model));
}

START_TEST(test_a_model_is_right)
{
    vae_data *data;
    vae_model *model;
    vae_check_report report;
    open_model(&spec, &data, &model);
    ck_assert_status_ok(vae_check(model, data, &(vae_check_options){ .threads = 1 }, &report));
    ck_assert_int_eq(report.examples, 8);
    ck_assert(report.objective > 100 && report.objective < 1000);
    ck_assert_int_eq(report.count, vae_store_count(vae_model_store(model)));
    ck_assert_int_eq(report.failures, 0);
    ck_assert_int_ge(report.worst, 0);
    for (int i = 0; i < report.count; i++) {
        const vae_check_tensor *row = &report.tensors[i];
        const vae_tensor *tensor = vae_store_tensor(vae_model_store(model), i);
        ck_assert_str_eq(row->name, tensor->name);
        ck_assert_int_eq(row->size, tensor->size);
        ck_assert_int_eq(row->checked + row->skipped, tensor->size < 20 ? tensor->size : 20);
        ck_assert_int_eq(row->direction, 1);
        ck_assert(row->error <= 1e-6);
        ck_assert(row->error <= report.tensors[report.worst].error);
    }
    vae_check_report_free(&report);
    vae_check_report_free(&report);
    vae_model_free(&model);
    vae_data_free(&data);
}
END_TEST

/* Every variant that there is, with narrow layers: as many as a condition may join. */
START_TEST(test_variants_are_right)
{
    for (int i = 0; vae_model_at(NULL, i); i++) {
        vae_model_spec small = *vae_model_at(NULL, i);
        vae_data *data = NULL;
        vae_model *model = NULL;
        vae_check_report report;
        const char *source = !strcmp(small.name, "ring")    ? "ring:20"
                             : strstr(small.name, "future") ? "motion:20"
                                                            : "digits:20";
        small.encoder = small.encoder && *small.encoder ? "dense 7 tanh, dense 6 relu, dense 5 tanh" : small.encoder;
        small.decoder = "dense 6 tanh, dense 5 relu, dense 4 tanh";
        memset(small.x.shape, 0, sizeof small.x.shape);
        small.prior_layers = small.prior_layers ? "dense 5 relu" : NULL;
        for (int k = 0; k < VAE_MAX_LATENTS; k++)
            small.latents[k].size = small.latents[k].size ? 3 : 0;
        for (int k = 0; k < VAE_MAX_CONDITIONS; k++) {
            vae_condition_spec *condition = &small.conditions[k];
            condition->layers = condition->layers ? "dense 5 tanh" : NULL;
            condition->baseline = condition->baseline ? "dense 5 tanh" : NULL;
        }
        ck_assert_status_ok(vae_data_open(source, &(vae_data_options){ .threads = 1 }, &data));
        ck_assert_status_ok(vae_model_new(&small, NULL, data, 1, &model));
        ck_assert_status_ok(vae_check(model, data, &(vae_check_options){ .threads = 1 }, &report));
        ck_assert_msg(!report.failures && report.worst >= 0, "%s: %lld gradients are wrong", small.name,
                      (long long)report.failures);
        vae_check_report_free(&report);
        vae_model_free(&model);
        vae_data_free(&data);
    }
}
END_TEST

/* The same figures on any number of threads; others with another seed or other examples. */
START_TEST(test_what_a_report_depends_on)
{
    vae_data *data;
    vae_model *model;
    open_model(&spec, &data, &model);
    const vae_check_options ways[] = {
        { .threads = 1 }, { .threads = 2, .examples = 8 }, { .threads = 1, .seed = 2 }, { .threads = 1, .examples = 3 }
    };
    vae_check_report reports[4];
    for (int i = 0; i < 4; i++)
        ck_assert_status_ok(vae_check(model, data, &ways[i], &reports[i]));
    ck_assert(reports[0].objective == reports[1].objective);
    for (int i = 0; i < reports[0].count; i++) {
        ck_assert(reports[0].tensors[i].error == reports[1].tensors[i].error);
        ck_assert_int_eq(reports[0].tensors[i].element, reports[1].tensors[i].element);
    }
    ck_assert(reports[0].objective != reports[2].objective);
    ck_assert(reports[0].objective != reports[3].objective);
    ck_assert_int_eq(reports[3].examples, 3);
    for (int i = 0; i < 4; i++)
        vae_check_report_free(&reports[i]);
    vae_model_free(&model);
    vae_data_free(&data);
}
END_TEST

static int stop(void *context, int64_t done, int64_t tensors)
{
    ck_assert_int_eq(tensors, 14);
    *(int64_t *)context = done;
    return done == 3;
}

START_TEST(test_mistakes_in_arguments)
{
    vae_data *data;
    vae_model *model;
    vae_check_report report;
    int64_t told = 0;
    open_model(&spec, &data, &model);
    ck_assert_status(vae_check(NULL, data, NULL, &report), VAE_ERROR_ARGUMENT, "expected a model and data, found NULL");
    ck_assert_status(vae_check(model, NULL, NULL, &report), VAE_ERROR_ARGUMENT, "expected a model and data");
    ck_assert_status(vae_check(model, data, NULL, NULL), VAE_ERROR_ARGUMENT, "expected a place for the report");
    ck_assert_status(vae_check(model, data, &(vae_check_options){ .examples = 21 }, &report), VAE_ERROR_DATA,
                     "digits:20: expected at least 21 training rows to check by, found 20");
    ck_assert_status(vae_check(model, data, &(vae_check_options){ .examples = -1 }, &report), VAE_ERROR_ARGUMENT,
                     "found -1 and 0");
    ck_assert_status(vae_check(model, data, &(vae_check_options){ .threads = -1 }, &report), VAE_ERROR_ARGUMENT,
                     "found 0 and -1");
    ck_assert_status(
        vae_check(model, data, &(vae_check_options){ .threads = 1, .progress = stop, .context = &told }, &report),
        VAE_STOPPED, "tiny: the check was stopped after 3 of 14 parameters");
    ck_assert_int_eq(told, 3);
    ck_assert_ptr_null(report.tensors);
    ck_assert_int_eq(report.count, 0);
    vae_model_free(&model);
    vae_data_free(&data);
}
END_TEST

START_TEST(test_mistakes_in_programs)
{
    vae_check_report report;
    vae_run run = { .examples = 1 };
    ck_assert_status(vae_program_check(NULL, &run, NULL, &report), VAE_ERROR_ARGUMENT, "expected a program, a run");
    trial t = begin();
    vae_graph_keep(vae_square(t.x));
    compile(&t, NULL);
    ck_assert_status(check(&t, NULL), VAE_ERROR_ARGUMENT, "expected a program with an objective to check");
    end(&t);
    t = begin();
    compile(&t, vae_mean_rows(vae_add(t.x, parameter(&t, "p", 1))));
    ck_assert_status(vae_program_check(t.program, &run, NULL, NULL), VAE_ERROR_ARGUMENT, "a place for the report");
    ck_assert_status(vae_program_check(t.program, &run, NULL, &report), VAE_ERROR_ARGUMENT,
                     "input x: nothing was bound");
    run.examples = 0;
    ck_assert_status(vae_program_check(t.program, &run, NULL, &report), VAE_ERROR_ARGUMENT,
                     "expected at least 1 example to check by, found 0");
    end(&t);
}
END_TEST

/* ---- Wrong gradients --------------------------------------------------------------------------------------------- */

/* A value that depends on a node of one value and of which backward says that it does not: no gradient flows to a mask.
 * It is −log 2 · node. */
static vae_node *without_gradient(trial *t, vae_node *node)
{
    return vae_mean_rows(vae_loglik_bernoulli(t->x, t->x, vae_add(t->x, node)));
}

START_TEST(test_a_wrong_gradient_is_found)
{
    trial t = begin();
    vae_node *right = parameter(&t, "right", 3), *wrong = parameter(&t, "wrong", 1);
    compile(&t, vae_add(vae_sum(vae_exp(right), 0), without_gradient(&t, wrong)));
    ck_assert_status_ok(check(&t, NULL));
    ck_assert_int_eq(t.report.count, 2);
    ck_assert_int_eq(t.report.failures, 1);
    ck_assert(row_of(&t.report, "right")->error < 1e-8);
    const vae_check_tensor *row = row_of(&t.report, "wrong");
    ck_assert_ptr_eq(row, &t.report.tensors[t.report.worst]);
    ck_assert_double_eq_tol(row->error, 1, 1e-9);
    ck_assert(row->analytic == 0);
    ck_assert_double_eq_tol(row->numeric, -log(2), 1e-9);
    end(&t);
}
END_TEST

/* One in a million is wrong by a part in a thousand: no element drawn is that one, but the direction tells. */
START_TEST(test_one_wrong_element_of_many_is_found)
{
    trial t = begin();
    vae_node *p = parameter(&t, "p", 10000), *one = vae_slice(p, 0, 7000, 7001);
    compile(&t, vae_add(vae_sum(vae_exp(p), 0), vae_scale(without_gradient(&t, one), 0.01)));
    ck_assert_status_ok(check(&t, NULL));
    const vae_check_tensor *row = row_of(&t.report, "p");
    ck_assert_int_eq(row->checked, 20);
    ck_assert_int_eq(row->skipped, 0);
    ck_assert_int_eq(row->direction, 1);
    ck_assert_int_eq(row->element, -1);
    ck_assert_int_eq(t.report.failures, 1);
    end(&t);
}
END_TEST

START_TEST(test_small_mistakes_are_found)
{
    trial t = begin();
    vae_node *p = parameter(&t, "p", 1);
    compile(&t, vae_add(vae_exp(p), vae_scale(without_gradient(&t, p), 1e-5)));
    ck_assert_status_ok(check(&t, NULL));
    ck_assert_int_eq(t.report.failures, 1);
    ck_assert_double_eq_tol(t.report.tensors[0].error, 1e-5 * log(2), 1e-7);
    end(&t);
}
END_TEST

START_TEST(test_a_gradient_that_is_not_finite)
{
    trial t = begin();
    compile(&t, vae_add(vae_sqrt(parameter(&t, "p", 1)), vae_mean_rows(t.x)));
    ck_assert_status_ok(check(&t, NULL));
    ck_assert_int_eq(t.report.failures, 1);
    ck_assert_int_eq(t.report.worst, 0);
    ck_assert(isinf(t.report.tensors[0].error));
    ck_assert(!isfinite(t.report.tensors[0].analytic));
    end(&t);
    t = begin();
    compile(&t, vae_add(vae_log(parameter(&t, "p", 1)), vae_mean_rows(t.x)));
    ck_assert_status(check(&t, NULL), VAE_ERROR_NUMBER,
                     "the objective: expected a finite number to check gradients of");
    ck_assert_int_eq(t.report.count, 0);
    end(&t);
}
END_TEST

/* A program's own ops, of which one has a wrong backward: the derivative of sin is not 0.99 cos. */
static void sine(const vae_op_row *row)
{
    for (int64_t i = 0; i < row->out_size; i++)
        row->out[i] = sin(row->in[0][i]);
}

static void sine_backward(const vae_op_row *row)
{
    for (int64_t i = 0; i < row->out_size; i++)
        row->grad_in[0][i] += row->grad[i] * cos(row->in[0][i]);
}

static void wrong_backward(const vae_op_row *row)
{
    for (int64_t i = 0; i < row->out_size; i++)
        row->grad_in[0][i] += 0.99 * row->grad[i] * cos(row->in[0][i]);
}

static const vae_op own_ops[] = {
    { .name = "sine", .inputs = 1, .forward = sine, .backward = sine_backward },
    { .name = "wrong-sine", .inputs = 1, .forward = sine, .backward = wrong_backward },
};
static const vae_model_spec own_models[] = {
    { .name = "right", .latents = { { .size = 2 } }, .encoder = "dense 4 sine", .decoder = "dense 3 sine" },
    { .name = "wrong", .latents = { { .size = 2 } }, .encoder = "dense 4 wrong-sine", .decoder = "dense 3 sine" },
};
static const vae_catalogue own = { .models = own_models, .model_count = 2, .ops = own_ops, .op_count = 2 };

/* What is before the op has a wrong gradient, and what is behind it a right one. */
START_TEST(test_a_wrong_op_of_ones_own_is_found)
{
    vae_data *data;
    vae_model *model;
    vae_check_report report;
    ck_assert_status_ok(vae_data_open("digits:20", &(vae_data_options){ .threads = 1 }, &data));
    for (int i = 0; i < 2; i++) {
        ck_assert_status_ok(vae_model_new(&own_models[i], &own, data, 1, &model));
        ck_assert_status_ok(vae_check(model, data, &(vae_check_options){ .threads = 1 }, &report));
        ck_assert_int_eq(report.failures, i ? 2 : 0);
        const vae_check_tensor *before = row_of(&report, "encoder/0/bias");
        ck_assert_int_eq(before->checked, 4);
        if (i)
            ck_assert_double_eq_tol(before->error, 0.01, 1e-6);
        ck_assert(row_of(&report, "encoder/mean/weight")->error < 1e-6);
        vae_check_report_free(&report);
        vae_model_free(&model);
    }
    vae_data_free(&data);
}
END_TEST

/* The command line with these models: its exit status, and what it says on standard error. */
static int run_command(const char *model, char *said, size_t size)
{
    const char *const arguments[] = { "vae", "check", model, "--data", "digits:20", "--threads", "1" };
    char *copies[7];
    int streams[2] = { dup(1), dup(2) };
    FILE *lines = tmpfile(), *messages = tmpfile();
    fflush(stdout);
    dup2(fileno(lines), 1);
    dup2(fileno(messages), 2);
    for (int i = 0; i < 7; i++)
        copies[i] = strdup(arguments[i]);
    int status = vae_main(7, copies, &own);
    for (int i = 0; i < 7; i++)
        free(copies[i]);
    dup2(streams[0], 1);
    dup2(streams[1], 2);
    close(streams[0]);
    close(streams[1]);
    rewind(messages);
    said[fread(said, 1, size - 1, messages)] = 0;
    fclose(lines);
    fclose(messages);
    return status;
}

START_TEST(test_the_command_tells_what_is_wrong)
{
    char said[1024];
    ck_assert_int_eq(run_command("right", said, sizeof said), 0);
    ck_assert_str_eq(said, "");
    ck_assert_int_eq(run_command("wrong", said, sizeof said), 1);
    ck_assert_msg(strstr(said, "vae check: encoder/0/") && strstr(said, "expected a gradient within 1e-06 of") &&
                      strstr(said, "found 1.0e-02 ") && strstr(said, "; 2 of 10 parameters are wrong\n"),
                  "%s", said);
    ck_assert_ptr_eq(strchr(said, '\n'), said + strlen(said) - 1);
}
END_TEST

/* ---- Kinks ------------------------------------------------------------------------------------------------------- */

/* p of one value, relu(p + distance) + weight · relu(−p + distance). */
static void make_kinks(trial *t, double distance, double weight)
{
    vae_node *p = parameter(t, "p", 1), *d = vae_constant(t->graph, 1, (int64_t[]){ 1 }, &distance);
    vae_node *left = vae_relu(vae_add(p, d)), *right = vae_relu(vae_add(vae_negate(p), d));
    compile(t, vae_add(vae_add(left, vae_scale(right, weight)), vae_mean_rows(t->x)));
}

START_TEST(test_kinks_nearby_are_walked_round)
{
    const double distances[] = { 1, 3e-3, 1e-3, 1e-4, 1e-6 };
    for (int i = 0; i < 5; i++) {
        trial t = begin();
        make_kinks(&t, distances[i], 3);
        ck_assert_status_ok(check(&t, NULL));
        ck_assert_int_eq(t.report.failures, 0);
        ck_assert_int_eq(t.report.tensors[0].checked, 1);
        ck_assert_int_eq(t.report.tensors[0].skipped, 0);
        ck_assert(t.report.tensors[0].analytic == -2);
        end(&t);
    }
}
END_TEST

/* relu(p) at 0: backward says the left derivative, which is one. */
START_TEST(test_at_a_kink_one_side_is_right)
{
    trial t = begin();
    make_kinks(&t, 0, 0);
    ck_assert_status_ok(check(&t, NULL));
    ck_assert_int_eq(t.report.failures, 0);
    ck_assert_int_eq(t.report.tensors[0].checked, 1);
    end(&t);
}
END_TEST

/* relu(p) + 3 relu(−p) at 0: backward says 0, the sides 1 and −3, and what is between is −1. */
START_TEST(test_what_tells_nothing_is_counted)
{
    trial t = begin();
    make_kinks(&t, 0, 3);
    ck_assert_status_ok(check(&t, NULL));
    ck_assert_int_eq(t.report.tensors[0].checked, 0);
    ck_assert_int_eq(t.report.tensors[0].skipped, 2);
    ck_assert_int_eq(t.report.tensors[0].direction, 0);
    ck_assert(isnan(t.report.tensors[0].error));
    ck_assert_int_eq(t.report.failures, 1);
    ck_assert_int_eq(t.report.worst, -1);
    end(&t);
}
END_TEST

/* Steps so small that no kink is within them meet the last bits of a large objective, which look like another slope. */
START_TEST(test_rounding_is_no_mistake)
{
    for (int i = 0; i < 40; i++) {
        trial t = begin();
        double distance = 1.5e-7, large = 1e6;
        const int64_t one = 1;
        vae_node *p = parameter(&t, "p", 1), *d = vae_constant(t.graph, 1, &one, &distance);
        vae_node *kinks = vae_add(vae_relu(vae_sub(p, d)), vae_scale(vae_relu(vae_sub(vae_negate(p), d)), 2));
        vae_node *sum = vae_add(vae_add(kinks, vae_scale(p, 0.6 + 0.01 * i)), vae_mean_rows(t.x));
        compile(&t, vae_add(sum, vae_constant(t.graph, 1, &one, &large)));
        ck_assert_status_ok(check(&t, NULL));
        ck_assert(!(t.report.tensors[0].error > 1e-6));
        ck_assert_int_eq(t.report.tensors[0].checked + t.report.tensors[0].direction + t.report.tensors[0].skipped, 2);
        end(&t);
    }
}
END_TEST

/* ---- Sizes ------------------------------------------------------------------------------------------------------- */

/* Values far from 1, given as doubles; large ones take larger steps. */
START_TEST(test_parameters_of_a_run)
{
    const float values[] = { 1e-8f, 1e-3f, 1e4f };
    for (int i = 0; i < 3; i++) {
        trial t = begin();
        compile(&t, vae_add(vae_log(vae_add(vae_square(parameter(&t, "p", 1)),
                                            vae_constant(t.graph, 1, (int64_t[]){ 1 }, (double[]){ 1 }))),
                            vae_mean_rows(t.x)));
        fill(&t, "p", 7);
        double given[16] = { values[i] };
        ck_assert_status_ok(check(&t, given));
        ck_assert_double_eq_tol(t.report.objective, log(1 + given[0] * given[0]), 1e-12);
        ck_assert_int_eq(t.report.failures, 0);
        ck_assert(given[0] == values[i]);
        ck_assert(vae_store_parameters(t.store)[0] == 7);
        end(&t);
    }
}
END_TEST

/* A parameter that changes nothing is right, and so is one of which the objective's last bits alone know. */
START_TEST(test_no_gradient_at_all)
{
    trial t = begin();
    vae_node *p = parameter(&t, "p", 1), *q = parameter(&t, "q", 30), *r = parameter(&t, "r", 1);
    vae_node *large = vae_constant(t.graph, 1, (int64_t[]){ 1 }, (double[]){ 1234.5678 });
    vae_node *none = vae_sub(vae_sub(vae_add(large, vae_scale(p, 0.1)), vae_scale(p, 0.3)), vae_scale(p, -0.2));
    compile(&t, vae_add(vae_add(none, vae_scale(vae_sum(q, 0), 0)), vae_mean_rows(vae_mul(vae_add(t.x, r), t.x))));
    fill(&t, "p", 0.7f);
    ck_assert_status_ok(check(&t, NULL));
    ck_assert_int_eq(t.report.count, 3);
    ck_assert_int_eq(t.report.failures, 0);
    ck_assert(row_of(&t.report, "q")->error == 0);
    ck_assert(row_of(&t.report, "r")->error == 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(t.report.tensors[i].skipped, 0);
    end(&t);
}
END_TEST

/* ---- No memory --------------------------------------------------------------------------------------------------- */

START_TEST(test_no_memory)
{
    static const vae_model_spec small = {
        .name = "small", .latents = { { .size = 1 } }, .encoder = "dense 2", .decoder = "dense 1"
    };
    vae_data *data;
    vae_model *model;
    vae_check_report report;
    open_model(&small, &data, &model);
    ck_assert_status_ok(vae_check(model, data, &(vae_check_options){ .threads = 1, .examples = 1 }, &report));
    vae_check_report_free(&report);
    const long before = system_outstanding();
    bool failed = true;
    for (long n = 1; failed && n < 1000; n++) {
        system_reset();
        system_fail(SYSTEM_ALLOCATE, n, 0, false);
        vae_status status = vae_check(model, data, &(vae_check_options){ .threads = 1, .examples = 1 }, &report);
        failed = system_count(SYSTEM_ALLOCATE) >= n;
        system_reset();
        ck_assert_int_eq(status.code, failed ? VAE_ERROR_MEMORY : VAE_OK);
        ck_assert(!failed || !report.tensors);
        vae_check_report_free(&report);
        ck_assert_int_eq(system_outstanding(), before);
    }
    ck_assert(!failed);
    vae_model_free(&model);
    vae_data_free(&data);
}
END_TEST

int main(void)
{
    const TTest *const models[] = { test_a_model_is_right,         test_variants_are_right,
                                    test_what_a_report_depends_on, test_mistakes_in_arguments,
                                    test_mistakes_in_programs,     NULL };
    const TTest *const wrong[] = { test_a_wrong_gradient_is_found,
                                   test_one_wrong_element_of_many_is_found,
                                   test_small_mistakes_are_found,
                                   test_a_gradient_that_is_not_finite,
                                   test_a_wrong_op_of_ones_own_is_found,
                                   test_the_command_tells_what_is_wrong,
                                   NULL };
    const TTest *const kinks[] = { test_kinks_nearby_are_walked_round, test_at_a_kink_one_side_is_right,
                                   test_what_tells_nothing_is_counted, test_rounding_is_no_mistake, NULL };
    const TTest *const sizes[] = { test_parameters_of_a_run, test_no_gradient_at_all, test_no_memory, NULL };
    Suite *suite = suite_create("check");
    suite_case(suite, "models", 60, models);
    suite_case(suite, "wrong gradients", 60, wrong);
    suite_case(suite, "kinks", 60, kinks);
    suite_case(suite, "sizes", 60, sizes);
    return suite_run(suite);
}
