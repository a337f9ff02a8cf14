/*
 * Every likelihood of the table, by its own functions: it adds up to 1 over its support, its mean is that of what it
 * adds up, what it draws is spread as it says, a mask takes values out, and the gradients of a model with it are right.
 */
#include <vae/check.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/parts.h"
#include "tests/support/suite.h"

enum { MOST_POINTS = 40001, DRAWS = 20000, MOST_CLASSES = 4 };

/* A value's distribution: a phrase, the heads for one value, and where nearly all of it lies: counts from `low` to
 * `high`, or so many points from the one to the other. */
typedef struct subject {
    const char *phrase;
    double heads[2][MOST_CLASSES];
    int head_sizes[2]; /* 0: 1 */
    double low, high;
    int points; /* 0: whole numbers */
} subject;

static const subject subjects[] = {
    { "bernoulli", { { -1.3 } }, { 0 }, 0, 1, 0 },
    { "bernoulli", { { 8 } }, { 0 }, 0, 1, 0 },
    { "gaussian", { { 0.3 }, { -2 } }, { 0 }, -5, 5, 20001 },
    { "gaussian", { { 30 }, { 5 } }, { 0 }, -120, 180, 20001 },
    { "gaussian", { { 0.3 }, { -40 } }, { 0 }, 0.299995, 0.300005, 20001 },
    { "poisson", { { 1 } }, { 0 }, 0, 60, 0 },
    { "laplace", { { 0.3 }, { -1 } }, { 0 }, -7, 7.6, 29201 },
    { "laplace", { { 0.3 }, { -20 } }, { 0 }, 0.29999, 0.30001, 20001 },
    { "continuous-bernoulli", { { 0 } }, { 0 }, 0, 1, 2001 },
    { "continuous-bernoulli", { { 1e-5 } }, { 0 }, 0, 1, 2001 },
    { "continuous-bernoulli", { { -0.7 } }, { 0 }, 0, 1, 20001 },
    { "continuous-bernoulli", { { 35 } }, { 0 }, 0, 1, 40001 },
    { "discretized-logistic", { { 100.3 }, { 2 } }, { 0 }, 0, 255, 0 },
    { "discretized-logistic", { { -3 }, { 1 } }, { 0 }, 0, 255, 0 },
    { "discretized-logistic", { { 253.6 }, { -3 } }, { 0 }, 0, 255, 0 },
    { "discretized-logistic", { { 128 }, { 7 } }, { 0 }, 0, 255, 0 },
    { "categorical 4", { { 0.5, -1, 2, 0 } }, { 4 }, 0, 3, 0 },
    { "categorical 2", { { 0.5, -1 } }, { 2 }, 0, 1, 0 },
    { "negative-binomial", { { 1 }, { 0 } }, { 0 }, 0, 200, 0 },
    { "negative-binomial", { { 2 }, { -8 } }, { 0 }, 0, 200, 0 },
    { "negative-binomial", { { 3 }, { -20 } }, { 0 }, 0, 200, 0 },
    { "negative-binomial", { { 1 }, { 1.5 } }, { 0 }, 0, 2000, 0 },
    { "negative-binomial", { { 6 }, { -1 } }, { 0 }, 0, 9000, 0 },
    { "poisson", { { -2 } }, { 0 }, 0, 60, 0 },
    { "poisson", { { 6.5 } }, { 0 }, 0, 2000, 0 },
};
enum { SUBJECTS = sizeof subjects / sizeof *subjects };

/* ---- A graph of one value, run in float64 ------------------------------------------------------------------------ */

typedef struct stage {
    const subject *subject;
    const vae_likelihood *row;
    vae__phrase phrase;
    vae_graph *graph;
    vae_heads heads;
    vae_binding bindings[6];
    int binding_count;
} stage;

/* Bound to the same values for every example. */
static vae_node *same_input(stage *s, const char *label, int64_t size, const double *values)
{
    static uint32_t first[MOST_POINTS];
    vae_node *node = vae_input(s->graph, label, 1, &size);
    s->bindings[s->binding_count++] =
        (vae_binding){ .node = node, .values = values, .type = VAE_FLOAT64, .index = first };
    return node;
}

static vae_node *input(stage *s, const char *label, const double *values)
{
    vae_node *node = vae_input(s->graph, label, 1, (int64_t[]){ 1 });
    s->bindings[s->binding_count++] = (vae_binding){ .node = node, .values = values, .type = VAE_FLOAT64 };
    return node;
}

static void stage_begin(stage *s, int index)
{
    *s = (stage){ .subject = &subjects[index] };
    ck_assert_status_ok(vae__phrase_parse(&vae__likelihoods, s->subject->phrase, "a test", &s->phrase));
    s->row = s->phrase.row;
    ck_assert_status_ok(vae_graph_new(&s->graph));
    for (int i = 0; i < 2; i++)
        s->heads.nodes[i] = same_input(s, i ? "head 1" : "head 0",
                                       s->subject->head_sizes[i] ? s->subject->head_sizes[i] : 1, s->subject->heads[i]);
}

static double *stage_end(stage *s, vae_node *node, int64_t examples)
{
    vae_store *store = NULL;
    vae_program *program = NULL;
    vae_executor *executor = NULL;
    vae_graph_keep(node);
    vae_graph_keep(s->heads.nodes[0]);
    vae_graph_keep(s->heads.nodes[1]);
    ck_assert_status_ok(vae_store_new(&store));
    ck_assert_status_ok(vae_graph_compile(s->graph, store, NULL, &program));
    const vae_executor_options options = { .capacity = examples, .float64 = true };
    ck_assert_status_ok(vae_executor_new(program, &options, &executor));
    const vae_run run = { .examples = examples, .bindings = s->bindings, .binding_count = s->binding_count, .seed = 5 };
    ck_assert_status_ok(vae_executor_run(executor, &run));
    double *values = malloc((size_t)examples * sizeof *values);
    memcpy(values, vae_executor_value(executor, node), (size_t)examples * sizeof *values);
    vae_executor_free(&executor);
    vae_program_free(&program);
    vae_store_free(&store);
    vae_graph_free(&s->graph);
    return values;
}

/* The places of a subject's support, and how many. */
static int points_of(const subject *of, double x[MOST_POINTS], double *step)
{
    int count = of->points ? of->points : (int)(of->high - of->low) + 1;
    ck_assert_int_le(count, MOST_POINTS);
    *step = of->points ? (of->high - of->low) / (count - 1) : 1;
    for (int i = 0; i < count; i++)
        x[i] = of->low + *step * i;
    return count;
}

/* p(x) of every place, times what it stands for: so that they add up to 1. */
static int weights_of(int index, double x[MOST_POINTS], double weights[MOST_POINTS])
{
    stage s;
    double step;
    int count = points_of(&subjects[index], x, &step);
    stage_begin(&s, index);
    double *logs = stage_end(&s, s.row->log(s.phrase.arguments, input(&s, "x", x), &s.heads, NULL), count);
    for (int i = 0; i < count; i++) {
        bool end = subjects[index].points && (i == 0 || i == count - 1);
        weights[i] = exp(logs[i]) * step * (end ? 0.5 : 1);
    }
    free(logs);
    return count;
}

/* ---- The tests --------------------------------------------------------------------------------------------------- */

START_TEST(test_all_are_here)
{
    const vae_word *word;
    for (int i = 0; (word = vae__word_of(&vae__likelihoods, i)); i++) {
        bool found = false;
        for (int j = 0; j < SUBJECTS && !found; j++) {
            size_t length = strlen(word->name);
            const char *phrase = subjects[j].phrase;
            found = !strncmp(phrase, word->name, length) && (!phrase[length] || phrase[length] == ' ');
        }
        ck_assert_msg(found, "%s has no line in this test", word->name);
        ck_assert_msg(((const vae_likelihood *)word)->draw != NULL, "%s cannot be drawn from", word->name);
    }
}
END_TEST

START_TEST(test_adds_up)
{
    static double x[MOST_POINTS], weights[MOST_POINTS];
    int count = weights_of(_i, x, weights);
    double total = 0, mean = 0, size = fmax(fabs(subjects[_i].low), fabs(subjects[_i].high));
    for (int i = 0; i < count; i++) {
        total += weights[i];
        mean += weights[i] * x[i];
    }
    ck_assert_msg(fabs(total - 1) < 1e-6, "%s, %d: adds up to %.9g", subjects[_i].phrase, _i, total);
    stage s;
    stage_begin(&s, _i);
    double *told = stage_end(&s, s.row->mean(s.phrase.arguments, &s.heads), 1);
    ck_assert_msg(fabs(*told - mean) < 1e-6 * size, "%s, %d: mean %.9g, not %.9g", subjects[_i].phrase, _i, *told,
                  mean);
    free(told);
}
END_TEST

static int ascending(const void *a, const void *b)
{
    double first = *(const double *)a, second = *(const double *)b;
    return (first > second) - (first < second);
}

/* No distribution function is further from that of the draws than chance would have it (Kolmogorov; 1 in 1000). */
START_TEST(test_draws)
{
    static double x[MOST_POINTS], weights[MOST_POINTS];
    int count = weights_of(_i, x, weights), below = 0;
    stage s;
    stage_begin(&s, _i);
    double *drawn = stage_end(&s, s.row->draw(s.phrase.arguments, s.graph, &s.heads), DRAWS), worst = 0, sum = 0;
    qsort(drawn, DRAWS, sizeof *drawn, ascending);
    for (int i = 0; i < count; i++) {
        while (below < DRAWS && drawn[below] <= x[i])
            below++;
        double half = subjects[_i].points ? weights[i] / 2 : 0;
        sum += weights[i];
        worst = fmax(worst, fabs((double)below / DRAWS - (sum - half)));
    }
    ck_assert_msg(worst < 1.95 / sqrt(DRAWS), "%s, %d: off by %g", subjects[_i].phrase, _i, worst);
    for (int i = 0; i < DRAWS && !subjects[_i].points; i++)
        ck_assert_msg(drawn[i] == floor(drawn[i]), "%s: drawn %g", subjects[_i].phrase, drawn[i]);
    free(drawn);
}
END_TEST

/* A mask weighs; where it is 0, x is not looked at. */
START_TEST(test_mask)
{
    const double x[] = { 1, 1, NAN, 1 }, mask[] = { 1, 0, 0, 2 };
    stage s;
    stage_begin(&s, _i);
    double *plain = stage_end(&s, s.row->log(s.phrase.arguments, input(&s, "x", x), &s.heads, NULL), 1);
    stage_begin(&s, _i);
    vae_node *log = s.row->log(s.phrase.arguments, input(&s, "x", x), &s.heads, input(&s, "mask", mask));
    double *masked = stage_end(&s, log, 4);
    ck_assert(isfinite(*plain));
    ck_assert_double_eq_tol(masked[0], *plain, 1e-12 * (1 + fabs(*plain)));
    ck_assert_double_eq(masked[1], 0);
    ck_assert_double_eq(masked[2], 0);
    ck_assert_double_eq_tol(masked[3], 2 * *plain, 1e-12 * (1 + fabs(*plain)));
    free(plain);
    free(masked);
}
END_TEST

/* By the formula, and the second value's logits beside the first's. */
START_TEST(test_categorical)
{
    static const double x[] = { 2, 0 }, logits[] = { 0.5, -1, 2, 0, 1, 0, -1, 3 };
    stage s = { .graph = NULL };
    ck_assert_status_ok(vae_graph_new(&s.graph));
    s.heads.nodes[0] = s.heads.nodes[1] = same_input(&s, "logits", 8, logits);
    double *found = stage_end(&s, vae_loglik_categorical(same_input(&s, "x", 2, x), s.heads.nodes[0], NULL), 1);
    double first = 2 - log(exp(0.5) + exp(-1) + exp(2) + 1), second = 1 - log(exp(1) + 1 + exp(-1) + exp(3));
    ck_assert_double_eq_tol(*found, first + second, 1e-14);
    free(found);
}
END_TEST

/* ---- In a model -------------------------------------------------------------------------------------------------- */

static const struct {
    const char *phrase, *transform;
    int tensors; /* parameters of the decoder's heads */
} models[] = {
    { "bernoulli", NULL, 2 },
    { "gaussian", NULL, 4 },
    { "gaussian sigma=0.5", NULL, 2 },
    { "gaussian sigma=shared", NULL, 3 },
    { "gaussian sigma=each", NULL, 3 },
    { "poisson", NULL, 2 },
    { "laplace", NULL, 4 },
    { "continuous-bernoulli", NULL, 2 },
    { "negative-binomial", NULL, 3 },
    { "negative-binomial dispersion=network", NULL, 4 },
    { "negative-binomial dispersion=shared", NULL, 3 },
    { "negative-binomial dispersion=0.1", NULL, 2 },
    { "categorical 3", "threshold", 2 },
    { "discretized-logistic", NULL, 4 },
    { "discretized-logistic scale=0.1", NULL, 2 },
    { "discretized-logistic scale=each", NULL, 3 },
    { "laplace scale=0.1", NULL, 2 },
    { "laplace scale=shared", NULL, 3 },
    { "laplace scale=each", NULL, 3 },
};
enum { MODELS = sizeof models / sizeof *models };

/* A width that is learned is one parameter, or one for each place. */
static void check_width(vae_model *model, const char *phrase)
{
    static const char *const names[] = { "decoder/logvar/bias", "decoder/log_scale/bias",
                                         "decoder/log_dispersion/bias" };
    bool shared = strstr(phrase, "=shared"), found = false;
    if (!shared && !strstr(phrase, "=each"))
        return;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const vae_tensor *tensor = vae_store_find(vae_model_store(model), names[i]);
        ck_assert(!tensor || tensor->size == (shared ? 1 : 784));
        found |= tensor != NULL;
    }
    ck_assert(found);
}

START_TEST(test_model)
{
    const vae_model_spec spec = {
        .name = "m",
        .x = { .likelihood = models[_i].phrase, .transform = models[_i].transform },
        .latents = { { .size = 2 } },
        .encoder = "dense 3 tanh",
        .decoder = "dense 3 tanh",
    };
    vae_data *data = NULL;
    vae_model *model = NULL;
    vae_check_report report;
    ck_assert_status_ok(vae_data_open("digits:20", NULL, &data));
    ck_assert_status_ok(vae_model_new(&spec, NULL, data, 3, &model));
    check_width(model, models[_i].phrase);
    ck_assert_int_eq(vae_store_count(vae_model_store(model)), 8 + models[_i].tensors);
    ck_assert_status_ok(vae_check(model, data, &(vae_check_options){ .examples = 2 }, &report));
    ck_assert_msg(!report.failures, "%s: %s: %g", models[_i].phrase, report.tensors[report.worst].name,
                  report.tensors[report.worst].error);
    vae_check_report_free(&report);
    vae_model_free(&model);
    vae_data_free(&data);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("models/likelihoods");
    const TTest *const once[] = { test_all_are_here, test_categorical, NULL }, *const loops[] = { NULL };
    suite_case(suite, "table", 60, once);
    TCase *each = suite_case_between(suite, "each", 60, NULL, NULL, loops);
    tcase_add_loop_test(each, test_adds_up, 0, SUBJECTS);
    tcase_add_loop_test(each, test_draws, 0, SUBJECTS);
    tcase_add_loop_test(each, test_mask, 0, SUBJECTS);
    tcase_add_loop_test(each, test_model, 0, MODELS);
    return suite_run(suite);
}
