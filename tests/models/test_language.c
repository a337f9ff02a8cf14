/* The little language: what is read comes back as it is printed, and every kind of mistake has its message. */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <vae/model.h>

#include "models/activations.h"
#include "models/optimizers.h"
#include "models/parts.h"
#include "models/schedules.h"
#include "tests/support/models.h"
#include "tests/support/suite.h"

static const vae__word_table *const tables[] = { &vae__layers,   &vae__transforms, &vae__likelihoods, &vae__posteriors,
                                                 &vae__priors,   &vae__objectives, &vae__entries,     &vae__seen_parts,
                                                 &vae__initials, &vae__optimizers, &vae__schedules };
enum { TABLES = sizeof tables / sizeof *tables };

static void check_printed(const vae__word_table *table, const char *text, const char *expected)
{
    vae__phrases phrases;
    char printed[VAE__PHRASE_TEXT];
    for (int round = 0; round < 2; round++) {
        ck_assert_status_ok(vae__phrases_parse(table, round ? printed : text, "m: item", &phrases));
        vae__phrases_print(table, &phrases, printed);
        ck_assert_str_eq(printed, expected);
    }
}

/* ---- What is read ------------------------------------------------------------------------------------------------ */

/* The shortest way of writing a word, and its longest. */
static void write_word(const vae_word *word, bool all, int activation, char *text, size_t size)
{
    int length = snprintf(text, size, "%s", word->name);
    for (int i = 0; i < VAE_MAX_ARGUMENTS && word->arguments[i].name; i++) {
        const vae_argument *argument = &word->arguments[i];
        char *to = text + length;
        size_t room = size - (size_t)length;
        if (argument->optional && !all)
            continue;
        if (!strcmp(argument->name, word->name))
            length += snprintf(to, room, "=%.2f", 0.25);
        else if (argument->kind == VAE_BARE_COUNT)
            length += snprintf(to, room, " %d", argument->high < 7 ? (int)argument->high : 7);
        else if (argument->kind == VAE_BARE_SHAPE)
            length += snprintf(to, room, " 7x3");
        else if (argument->kind == VAE_NAMED_SHAPE)
            length += snprintf(to, room, " %s 5x7", argument->name);
        else if (argument->kind == VAE_KEY_COUNT)
            length += snprintf(to, room, " %s=7", argument->name);
        else if (argument->kind == VAE_KEY_NUMBER)
            length += snprintf(to, room, " %s=0.25", argument->name);
        else
            length += snprintf(to, room, " %s", vae__activation_name(NULL, activation));
    }
}

START_TEST(test_every_word)
{
    char names[256];
    vae__activation_names(NULL, names, sizeof names);
    int activations = 1;
    for (const char *c = names; *c; c++)
        activations += *c == ',';
    ck_assert_int_eq(activations, 8);
    for (int t = 0; t < TABLES; t++)
        for (int i = 0; i < tables[t]->count; i++)
            for (int activation = 1; activation < activations; activation++)
                for (int all = 0; all < 2; all++) {
                    char text[128], list[512];
                    write_word(vae__word_of(tables[t], i), all, activation, text, sizeof text);
                    check_printed(tables[t], text, text);
                    snprintf(list, sizeof list, "%s, %s, %s", text, text, text);
                    check_printed(tables[t], list, list);
                }
}
END_TEST

/* The help walks the same tables. */
START_TEST(test_help)
{
    vae_word_help help;
    int count = 0;
    for (int t = 0; t < TABLES; t++)
        for (int i = 0; i < tables[t]->count; i++) {
            ck_assert(vae_word_at(NULL, count++, &help));
            ck_assert_str_eq(help.table, tables[t]->what);
            ck_assert_str_eq(help.name, vae__word_of(tables[t], i)->name);
            ck_assert_uint_gt(strlen(help.summary), 5);
            ck_assert_ptr_eq(strstr(help.usage, help.name), help.usage);
        }
    for (int i = 0; vae__activation_name(NULL, i); i++) {
        ck_assert(vae_word_at(NULL, count++, &help));
        ck_assert_str_eq(help.table, "activation");
        ck_assert_str_eq(help.name, vae__activation_name(NULL, i));
    }
    ck_assert(!vae_word_at(NULL, count, &help));
    ck_assert(!vae_word_at(NULL, -1, &help));
    ck_assert(vae_word_at(NULL, 0, &help));
    ck_assert_str_eq(help.usage, "dense UNITS [ACTIVATION]");
}
END_TEST

/* Spaces, order of arguments, other ways of writing a number, and what is usual. */
START_TEST(test_printed)
{
    static const struct {
        const vae__word_table *table;
        const char *text, *printed;
    } cases[] = {
        { &vae__layers, "", "" },
        { &vae__layers, " \t\n ", "" },
        { &vae__layers, "  dense\t500   relu ,dense 5", "dense 500 relu, dense 5" },
        { &vae__layers, "dense relu 500", "dense 500 relu" },
        { &vae__layers, "dense 1e3 tanh", "dense 1000 tanh" },
        { &vae__layers, "dense 5 linear", "dense 5" },
        { &vae__layers, "dense 1000000", "dense 1000000" },
        { &vae__likelihoods, "gaussian sigma=0.10", "gaussian sigma=0.1" },
        { &vae__likelihoods, "gaussian sigma=1e-5", "gaussian sigma=1e-05" },
        { &vae__likelihoods, "gaussian sigma=22026", "gaussian sigma=22026" },
        { &vae__objectives, "elbo samples=1 beta=1 warm-up=0", "elbo" },
        { &vae__objectives, "elbo free-bits=.5  beta=4.0 samples=1e1", "elbo samples=10 beta=4 free-bits=0.5" },
        { &vae__objectives, "iwae samples=1", "iwae samples=1" },
        { &vae__likelihoods, "gaussian sigma=shared", "gaussian sigma=shared" },
        { &vae__likelihoods, "gaussian sigma=each", "gaussian sigma=each" },
        { &vae__likelihoods, "gaussian sigma=network", "gaussian" },
        { &vae__optimizers, "adam epsilon=1e-8  beta1=.99", "adam beta1=0.99" },
        { &vae__optimizers, "sgd momentum=0", "sgd" },
        { &vae__schedules, "steps factor=0.5 1 4 13 40 121 364 1093 3280",
          "steps 1 4 13 40 121 364 1093 3280 factor=0.5" },
        { &vae__schedules, "cosine to=0 epochs=10", "cosine epochs=10" },
        { &vae__transforms, "unit,binarize", "unit, binarize" },
        { &vae__transforms, "threshold=0.5", "threshold" },
        { &vae__transforms, "threshold=-3.25", "threshold=-3.25" },
        { &vae__transforms, "scale=1e-3 , log1p", "scale=0.001, log1p" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_printed(cases[i].table, cases[i].text, cases[i].printed);
}
END_TEST

START_TEST(test_most_phrases)
{
    char text[VAE__PHRASE_TEXT] = "", longer[VAE__PHRASE_TEXT + 32];
    for (int i = 0; i < VAE__MAX_PHRASES; i++)
        strcat(text, i ? ", dense 1000000 leaky-relu" : "dense 1000000 leaky-relu");
    check_printed(&vae__layers, text, text);
    snprintf(longer, sizeof longer, "%s, dense 5", text);
    vae__phrases phrases;
    ck_assert_status(vae__phrases_parse(&vae__layers, longer, "m: encoder", &phrases), VAE_ERROR_DECLARATION,
                     "m: encoder: layer 33: there may be at most 32");
}
END_TEST

/* Decimal points, whatever the host's locale. Where the system has none with commas there is nothing to be seen. */
START_TEST(test_decimal_comma)
{
    static const char *const names[] = { "de_DE.utf8", "de_DE.UTF-8", "de_DE", "fr_FR.utf8", "fr_FR.UTF-8" };
    const char *set = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && !set; i++)
        set = setlocale(LC_ALL, names[i]);
    check_printed(&vae__likelihoods, "gaussian sigma=0.1", "gaussian sigma=0.1");
}
END_TEST

/* ---- Mistakes ---------------------------------------------------------------------------------------------------- */

#define ACTIVATIONS "linear, relu, leaky-relu, elu, gelu, tanh, sigmoid, softplus"

static const struct {
    const vae__word_table *table;
    const char *text, *message;
} mistakes[] = {
    { &vae__layers, "dense 5, dens 5", "m: item: layer 2: \"dens\": no such layer; there are " LAYERS },
    { &vae__layers, "Dense 5", "m: item: layer 1: \"Dense\": no such layer; there are " LAYERS },
    { &vae__transforms, "units",
      "m: item: transform 1: \"units\": no such transform; there are raw, unit, scale, standardize, log1p, binarize, "
      "threshold" },
    { &vae__layers, "dense", "m: item: layer 1: dense: UNITS is missing; it is written \"dense UNITS [ACTIVATION]\"" },
    { &vae__layers, "dense relu",
      "m: item: layer 1: dense: UNITS is missing; it is written \"dense UNITS [ACTIVATION]\"" },
    { &vae__layers, "dense 0", "m: item: layer 1: UNITS: expected a whole number from 1 to 1e+06, found \"0\"" },
    { &vae__layers, "dense -5", "m: item: layer 1: UNITS: expected a whole number from 1 to 1e+06, found \"-5\"" },
    { &vae__layers, "dense 1000001",
      "m: item: layer 1: UNITS: expected a whole number from 1 to 1e+06, found \"1000001\"" },
    { &vae__layers, "dense 1e300",
      "m: item: layer 1: UNITS: expected a whole number from 1 to 1e+06, found \"1e300\"" },
    { &vae__layers, "dense 2.5", "m: item: layer 1: UNITS: expected a whole number from 1 to 1e+06, found \"2.5\"" },
    { &vae__layers, "dense 5x", "m: item: layer 1: UNITS: expected a whole number from 1 to 1e+06, found \"5x\"" },
    { &vae__layers, "dense 5 rely", "m: item: layer 1: \"rely\": no such activation; there are " ACTIVATIONS },
    { &vae__layers, "dense nan", "m: item: layer 1: \"nan\": no such activation; there are " ACTIVATIONS },
    { &vae__layers, "dense 5 6",
      "m: item: layer 1: \"6\": not expected here; it is written \"dense UNITS [ACTIVATION]\"" },
    { &vae__layers, "dense 5 relu tanh",
      "m: item: layer 1: \"tanh\": not expected here; it is written \"dense UNITS [ACTIVATION]\"" },
    { &vae__layers, "dense 5 units=3",
      "m: item: layer 1: \"units=3\": not expected here; it is written \"dense UNITS [ACTIVATION]\"" },
    { &vae__layers, "dense 5,", "m: item: layer 1: expected another behind the comma, found nothing" },
    { &vae__layers, "dense 5, ", "m: item: layer 2: expected a layer, found nothing" },
    { &vae__layers, "dense 5,, dense 6", "m: item: layer 2: expected a layer, found nothing" },
    { &vae__layers, ",", "m: item: layer 1: expected a layer, found nothing" },
    { &vae__layers, "5", "m: item: layer 1: \"5\": no such layer; there are " LAYERS },
    { &vae__transforms, "threshold=0,5",
      "m: item: transform 2: \"5\": no such transform; there are raw, unit, scale, standardize, log1p, binarize, "
      "threshold" },
    { &vae__transforms, "scale", "m: item: transform 1: scale: scale is missing; it is written \"scale=NUMBER\"" },
    { &vae__transforms, "scale=0", "m: item: transform 1: scale: expected a number from 1e-30 to 1e+30, found \"0\"" },
    { &vae__transforms, "unit=1", "m: item: transform 1: \"unit=1\": not expected here; it is written \"unit\"" },
    { &vae__transforms, "scale=1 scale=2",
      "m: item: transform 1: \"scale=2\": not expected here; it is written \"scale=NUMBER\"" },
    { &vae__transforms, "binarize 3", "m: item: transform 1: \"3\": not expected here; it is written \"binarize\"" },
};

START_TEST(test_mistakes)
{
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        vae__phrases phrases;
        vae_status status = vae__phrases_parse(mistakes[i].table, mistakes[i].text, "m: item", &phrases);
        ck_assert_int_eq(status.code, VAE_ERROR_DECLARATION);
        ck_assert_str_eq(status.message, mistakes[i].message);
    }
}
END_TEST

/* Where one phrase is expected its number is not told. */
static const struct {
    const char *text, *message;
} single_mistakes[] = {
    { "", "m: item: expected a likelihood, found nothing" },
    { " ", "m: item: expected a likelihood, found nothing" },
    { "gaussian, bernoulli", "m: item: expected one likelihood, found \"gaussian, bernoulli\"" },
    { "bernoulli,", "m: item: expected one likelihood, found \"bernoulli,\"" },
    { "cauchy", "m: item: \"cauchy\": no such likelihood; there are bernoulli, gaussian, poisson, laplace, "
                "continuous-bernoulli, discretized-logistic, categorical, negative-binomial" },
    { "gaussian sigma",
      "m: item: \"sigma\": not expected here; it is written \"gaussian [sigma=NUMBER|network|shared|each]\"" },
    { "gaussian sigma=",
      "m: item: sigma: expected a number from 1e-06 to 22026 or network or shared or each, found \"\"" },
    { "gaussian sigma=0",
      "m: item: sigma: expected a number from 1e-06 to 22026 or network or shared or each, found \"0\"" },
    { "gaussian sigma=1e7",
      "m: item: sigma: expected a number from 1e-06 to 22026 or network or shared or each, found \"1e7\"" },
    { "gaussian sigma=share",
      "m: item: sigma: expected a number from 1e-06 to 22026 or network or shared or each, found \"share\"" },
    { "gaussian sigma=-1",
      "m: item: sigma: expected a number from 1e-06 to 22026 or network or shared or each, found \"-1\"" },
    { "gaussian sigma=nan",
      "m: item: sigma: expected a number from 1e-06 to 22026 or network or shared or each, found \"nan\"" },
    { "gaussian sigma=0.1=2",
      "m: item: sigma: expected a number from 1e-06 to 22026 or network or shared or each, found \"0.1=2\"" },
    { "gaussian sig=1",
      "m: item: \"sig=1\": not expected here; it is written \"gaussian [sigma=NUMBER|network|shared|each]\"" },
    { "gaussian sigmas=1",
      "m: item: \"sigmas=1\": not expected here; it is written \"gaussian [sigma=NUMBER|network|shared|each]\"" },
    { "gaussian sigma=1 sigma=2",
      "m: item: \"sigma=2\": not expected here; it is written \"gaussian [sigma=NUMBER|network|shared|each]\"" },
    { "gaussian 0.1",
      "m: item: \"0.1\": not expected here; it is written \"gaussian [sigma=NUMBER|network|shared|each]\"" },
    { "bernoulli relu", "m: item: \"relu\": not expected here; it is written \"bernoulli\"" },
};

START_TEST(test_single_mistakes)
{
    for (size_t i = 0; i < sizeof single_mistakes / sizeof *single_mistakes; i++) {
        vae__phrase phrase;
        vae_status status = vae__phrase_parse(&vae__likelihoods, single_mistakes[i].text, "m: item", &phrase);
        ck_assert_int_eq(status.code, VAE_ERROR_DECLARATION);
        ck_assert_str_eq(status.message, single_mistakes[i].message);
    }
}
END_TEST

/* A word longer than any is not taken for its beginning. */
START_TEST(test_long_words)
{
    static const char *const beginnings[] = { "", "dense 5 ", "dense ", "dense 5." };
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        char text[400];
        vae__phrases phrases;
        int length = snprintf(text, sizeof text, "%s", beginnings[i]);
        memset(text + length, '0', 200);
        strcpy(text + length + 200, "x");
        ck_assert_status(vae__phrases_parse(&vae__layers, text, "m: item", &phrases), VAE_ERROR_DECLARATION,
                         "m: item: layer 1: ");
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("language");
    const TTest *const tests[] = { test_every_word,      test_help,          test_printed,
                                   test_most_phrases,    test_decimal_comma, test_mistakes,
                                   test_single_mistakes, test_long_words,    NULL };
    suite_case(suite, "language", 20, tests);
    return suite_run(suite);
}
