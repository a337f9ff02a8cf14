/*
 * The formulas of the models of structure.h, computed in double from their sketches, out of nothing but the names of
 * their parameters, the data as it is stored, and the noise that they draw.
 */
#ifndef VAE_TESTS_FORMULAS_H
#define VAE_TESTS_FORMULAS_H

#include "tests/models/structure.h"

/* ---- Networks ------------------------------------------------------------------------------------ */

typedef struct vector {
    int size;
    double at[MOST];
} vector;

typedef struct gaussian {
    vector mean, logvar;
} gaussian;

/* What is known of one example: x as the likelihood has it, and the conditions on their ways, each with the number of
 * a class or its values. */
typedef struct given {
    const char *name;
    int number; /* of a class; -1: values */
    vector values;
} given;

typedef struct example {
    const bench *b;
    vector x, encoder_x;
    bool observed[MOST];
    double jacobian;
    given ways[NETWORKS][WAYS];
} example;

static inline const vae_tensor *tensor_of(const bench *b, const char *name)
{
    return vae_store_find(vae_model_store(b->model), name);
}

/* The name of what is below another. */
typedef struct label {
    char text[192];
} label;

static inline label under(const char *name, const char *last)
{
    label l;
    snprintf(l.text, sizeof l.text, "%.90s/%.90s", name, last);
    return l;
}

static inline label numbered(const char *name, const char *between, int number)
{
    label l;
    snprintf(l.text, sizeof l.text, "%.90s%s%d", name, between, number);
    return l;
}

/* bias + in · weight; `in` may be NULL. */
static inline vector affine(const bench *b, const char *name, const vector *in)
{
    const label bias_name = under(name, "bias"), weight_name = under(name, "weight");
    const float *bias = values_of(b->model, bias_name.text), *weight = NULL;
    vector out = { .size = (int)tensor_of(b, bias_name.text)->size };
    ck_assert_int_eq(tensor_of(b, weight_name.text) != NULL, in != NULL);
    if (in)
        weight = values_of(b->model, weight_name.text);
    for (int j = 0; j < out.size; j++) {
        out.at[j] = (double)bias[j];
        for (int i = 0; in && i < in->size; i++)
            out.at[j] += in->at[i] * (double)weight[i * out.size + j];
    }
    return out;
}

/* The name of a condition's weight in a layer. */
static inline label weight_of(const char *layer, const char *condition)
{
    label last;
    snprintf(last.text, sizeof last.text, "weight_%.60s", condition);
    return under(layer, last.text);
}

static inline void join(const bench *b, vector *h, const char *name, const given *condition)
{
    const float *weight = values_of(b->model, weight_of(name, condition->name).text);
    for (int j = 0; j < h->size; j++) {
        if (condition->number >= 0)
            h->at[j] += (double)weight[condition->number * h->size + j];
        for (int i = 0; condition->number < 0 && i < condition->values.size; i++)
            h->at[j] += condition->values.at[i] * (double)weight[i * h->size + j];
    }
}

static inline void squash(vector *h)
{
    for (int j = 0; j < h->size; j++)
        h->at[j] = tanh(h->at[j]);
}

/* A condition through so many layers of its own. */
static inline given through(const bench *b, given condition, const char *name, int layers)
{
    vector h = { 0 };
    for (int i = 0; i < layers; i++) {
        const label full = numbered(name, "/", i);
        h = affine(b, full.text, i ? &h : NULL);
        if (!i)
            join(b, &h, full.text, &condition);
        squash(&h);
    }
    if (layers)
        condition = (given){ condition.name, -1, h };
    return condition;
}

/* A layer, or a head behind `layer` of them. */
static inline vector layer_of(const example *e, int place, const char *name, int layer, const vector *in)
{
    const sketch *known = &e->b->structure->sketch;
    vector h = affine(e->b, name, in);
    for (int i = 0; i < WAYS && known->ways[i].name; i++) {
        const label weight = weight_of(name, known->ways[i].name);
        if (known->ways[i].enters[place] == layer)
            join(e->b, &h, name, &e->ways[place][i]);
        else
            ck_assert_msg(!tensor_of(e->b, weight.text), "there is a %s", weight.text);
    }
    return h;
}

static inline vector hidden(const example *e, int place, const char *name, int layers, const vector *in)
{
    vector h = in ? *in : (vector){ 0 };
    for (int i = 0; i < layers; i++) {
        h = layer_of(e, place, numbered(name, "/", i).text, i, in || i ? &h : NULL);
        squash(&h);
    }
    return h;
}

static inline vector head_of(const example *e, int place, const char *name, int layers, const vector *in,
                             const char *head)
{
    vector h = hidden(e, place, name, layers, in);
    return layer_of(e, place, under(name, head).text, layers, in || layers ? &h : NULL);
}

static inline gaussian gaussian_of(const example *e, int place, const char *name, int layers, const vector *in)
{
    return (gaussian){ head_of(e, place, name, layers, in, "mean"), head_of(e, place, name, layers, in, "logvar") };
}

/* ---- Densities ----------------------------------------------------------------------------------- */

static inline double log_normal(const vector *z, const gaussian *p)
{
    double sum = 0;
    for (int j = 0; j < z->size; j++) {
        double away = z->at[j] - p->mean.at[j];
        sum -= 0.5 * (log(2 * M_PI) + p->logvar.at[j] + away * away / exp(p->logvar.at[j]));
    }
    return sum;
}

static inline vector sample_of(const gaussian *p, const double *noise)
{
    vector z = { .size = p->mean.size };
    for (int j = 0; j < z.size; j++)
        z.at[j] = p->mean.at[j] + exp(p->logvar.at[j] / 2) * noise[j];
    return z;
}

static inline gaussian prior_of(const example *e)
{
    const sketch *known = &e->b->structure->sketch;
    gaussian p = { { .size = known->sizes[known->latents - 1] }, { .size = known->sizes[known->latents - 1] } };
    return known->learned ? gaussian_of(e, TO_PRIOR, "prior", known->prior, NULL) : p;
}

static inline double kl_of(const gaussian *q, const gaussian *p, int j)
{
    double away = q->mean.at[j] - p->mean.at[j];
    return 0.5 * (p->logvar.at[j] - q->logvar.at[j] - 1 + (exp(q->logvar.at[j]) + away * away) / exp(p->logvar.at[j]));
}

static inline bool is_bernoulli(const bench *b)
{
    return !strcmp(b->structure->spec.x.likelihood, "bernoulli");
}

/* The head of p(x | z): logits, or means. z is NULL in a regression. */
static inline vector decoded(const example *e, const vector *z)
{
    return head_of(e, TO_DECODER, "decoder", e->b->structure->sketch.decoder, z,
                   is_bernoulli(e->b) ? "logits" : "mean");
}

static inline bool is_scored(const example *e, int place)
{
    bool (*seen)(int) = e->b->structure->sketch.seen;
    return e->observed[place] && !(seen && seen(place));
}

/* log p(x | z) of what is hidden and observed. */
static inline double log_x(const example *e, const vector *z)
{
    vector head = decoded(e, z);
    double sum = e->jacobian;
    for (int i = 0; i < e->x.size; i++) {
        double away = e->x.at[i] - head.at[i];
        double log_p = is_bernoulli(e->b) ? e->x.at[i] * head.at[i] - log1p(exp(head.at[i]))
                                          : -0.5 * (log(2 * M_PI) + away * away);
        sum += is_scored(e, i) ? log_p : 0;
    }
    return sum;
}

/* E[x | z], and what is seen in its place. */
static inline double mean_of_x(const example *e, const vector *head, int place)
{
    bool (*seen)(int) = e->b->structure->sketch.seen;
    if (seen && seen(place))
        return e->x.at[place];
    return is_bernoulli(e->b) ? 1 / (1 + exp(-head->at[place])) : head->at[place];
}

/* ---- Fields -------------------------------------------------------------------------------------- */

/* A value of x through the transforms that the structures have, with the slope; `u`: noise, below 0 where nothing is
 * drawn. */
static inline double transformed(const bench *b, const char *words, const char *where, int place, double stored,
                                 double u, double *slope)
{
    *slope = 1.0 / 255;
    if (!strcmp(words, "log1p")) {
        *slope = 1 / (1 + stored);
        return log(1 + stored);
    }
    if (!strcmp(words, "standardize")) {
        const label under_where = under(where, "0");
        *slope = 1 / (double)values_of(b->model, under(under_where.text, "deviation").text)[place];
        return (stored - (double)values_of(b->model, under(under_where.text, "mean").text)[place]) * *slope;
    }
    ck_assert_msg(!strncmp(words, "unit", strlen("unit")), "%s", words);
    return strcmp(words, "unit") && u >= 0 ? u < stored / 255 : stored / 255;
}

/* x as the likelihood has it, as the encoder sees it, and of its Jacobian what is scored. */
static inline void take_x(example *e, int row, bool grey)
{
    const bench *b = e->b;
    const vae_x_spec *x = &vae_model_declaration(b->model)->x;
    const int size = (int)vae_model_x_size(b->model);
    const char *encoder_state =
        strcmp(x->encoder_transform, x->transform) ? "fields/x/encoder_transform" : "fields/x/transform";
    double noise[EXAMPLES * MOST];
    draw_noise("binarize", VAE_UNIFORM, 0, size, noise);
    e->x.size = e->encoder_x.size = size;
    for (int i = 0; i < size; i++) {
        double stored = vae__type_value(b->match.x->type, b->match.x->values, row * size + i), slope, unused;
        double u = grey ? -1 : noise[row * size + i];
        const uint8_t *mask = b->match.mask ? b->match.mask->values : NULL;
        e->observed[i] = (!mask || mask[row * size + i]) && !isnan(stored) && !(x->has_fill_value && stored >= FILL);
        double value = transformed(b, x->transform, "fields/x/transform", i, stored, u, &slope);
        double seen = transformed(b, x->encoder_transform, encoder_state, i, stored, u, &unused);
        e->x.at[i] = e->observed[i] ? value : 0;
        e->encoder_x.at[i] = e->observed[i] ? seen : 0;
        e->jacobian += !is_bernoulli(b) && is_scored(e, i) ? log(slope) : 0;
    }
}

static inline given condition_of(const example *e, int place, int row)
{
    const bench *b = e->b;
    const way *w = &b->structure->sketch.ways[place];
    const vae_field *field = b->match.conditions[place];
    given condition = { w->name, -1, { 0 } };
    if (!place && b->structure->sketch.seen) {
        condition.values = e->encoder_x;
        for (int i = 0; i < e->x.size; i++)
            condition.values.at[i] = b->structure->sketch.seen(i) ? e->encoder_x.at[i] : -1;
    } else if (w->kind == VAE_CLASS) {
        condition.number = (int)vae__type_value(field->type, field->values, row);
    } else {
        condition.values.size = 2; /* the energy, standardized */
        for (int i = 0; i < 2; i++)
            condition.values.at[i] = (vae__type_value(field->type, field->values, row * 2 + i) -
                                      (double)values_of(b->model, "fields/energy/transform/0/mean")[i]) /
                                     (double)values_of(b->model, "fields/energy/transform/0/deviation")[i];
    }
    return condition;
}

static inline example example_of(const bench *b, int row, bool grey)
{
    static const char *const names[] = { "encoder", "decoder", "prior" };
    example e = { .b = b };
    take_x(&e, row, grey);
    for (int i = 0; i < WAYS && b->structure->sketch.ways[i].name; i++) {
        const way *w = &b->structure->sketch.ways[i];
        const label name = under("conditions", w->name);
        const given shared = through(b, condition_of(&e, i, row), name.text, w->layers);
        for (int network = 0; network < NETWORKS; network++)
            e.ways[network][i] = through(b, shared, under(name.text, names[network]).text, w->into[network]);
    }
    return e;
}

/* ---- What graphs give ---------------------------------------------------------------------------- */

typedef struct terms {
    double log_x, log_prior, log_posterior, kl; /* the KL in closed form, or as they have it of this sample */
} terms;

/* The noise of each stochastic layer: z, z2, z3. */
typedef struct noises {
    int samples;
    double of[LEVELS][EXAMPLES * SAMPLES * MOST];
} noises;

static inline void draw_noises(const sketch *known, int samples, noises *all)
{
    static const char *const labels[] = { "z", "z2", "z3" };
    all->samples = samples ? samples : 1;
    for (int i = 0; i < known->latents; i++)
        draw_noise(labels[i], VAE_NORMAL, samples, known->sizes[i], all->of[i]);
}

static inline const double *noise_at(const noises *all, const sketch *known, int level, int row, int sample)
{
    return &all->of[level][(row * all->samples + sample) * known->sizes[level]];
}

static inline terms terms_of(const example *e, const noises *all, int row, int sample)
{
    const sketch *known = &e->b->structure->sketch;
    if (!known->latents)
        return (terms){ log_x(e, NULL), 0, 0, 0 };
    gaussian q = gaussian_of(e, TO_ENCODER, "encoder", known->encoder, &e->encoder_x), p = prior_of(e), first = q;
    vector z = sample_of(&q, noise_at(all, known, 0, row, sample));
    terms t = { .log_x = log_x(e, &z), .log_posterior = log_normal(&z, &q) };
    for (int i = 1; i < known->latents; i++) {
        const label encoder = numbered("encoder", "", i + 1), decoder = numbered("decoder", "", i + 1);
        q = gaussian_of(e, TO_ENCODER, encoder.text, known->upper_encoder[i], &z);
        vector above = sample_of(&q, noise_at(all, known, i, row, sample));
        gaussian below = gaussian_of(e, TO_DECODER, decoder.text, known->upper_decoder[i], &above);
        t.log_prior += log_normal(&z, &below);
        t.log_posterior += log_normal(&above, &q);
        z = above;
    }
    t.log_prior += log_normal(&z, &p);
    t.kl = known->latents > 1 ? t.log_posterior - t.log_prior : 0;
    for (int j = 0; known->latents == 1 && j < first.mean.size; j++)
        t.kl += kl_of(&first, &p, j);
    return t;
}

/* z1 from the prior, with noise times `temperature`. */
static inline vector sampled(const example *e, const noises *all, int row, double temperature)
{
    const sketch *known = &e->b->structure->sketch;
    gaussian p = prior_of(e);
    for (int i = known->latents - 1;; i--) {
        double noise[MOST];
        for (int j = 0; j < known->sizes[i]; j++)
            noise[j] = temperature * noise_at(all, known, i, row, 0)[j];
        vector z = sample_of(&p, noise);
        if (!i)
            return z;
        p = gaussian_of(e, TO_DECODER, numbered("decoder", "", i + 1).text, known->upper_decoder[i], &z);
    }
}

static inline void check_near(double value, double expected)
{
    ck_assert_double_eq_tol(value, expected, 1e-9 * (1 + fabs(expected)));
}

#endif
