/* Which array of a file could be x, and which could stand beside it. */
#include "src/command/listing.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "src/command/source.h"

static bool same_path(const char *a, const char *b)
{
    while (*a || *b) {
        size_t slashes[] = { strspn(a, "/"), strspn(b, "/") };
        a += slashes[0];
        b += slashes[1];
        if ((slashes[0] > 0) != (slashes[1] > 0) && *a && *b)
            return false;
        if (*a != *b)
            return false;
        a += *a != 0;
        b += *b != 0;
    }
    return true;
}

static bool is_wanted(const vae__listing *l, const vae_data_entry *about)
{
    char path[2 * VAE__LISTED_PATH];
    bool whole = about->split != VAE_ALL || *l->wanted == '/';
    snprintf(path, sizeof path, "/%s/%s", whole ? "" : l->base, l->wanted);
    return !about->path || same_path(about->path, path) ||
           (about->split == VAE_ALL && *l->base && same_path(about->path, l->base));
}

static int take_entry(void *context, const vae_data_entry *about)
{
    vae__listing *l = context;
    bool wanted = is_wanted(l, about);
    l->all++;
    l->x_found = l->x_found || wanted;
    if (l->count == VAE__LISTED_MOST)
        return 0;
    if (wanted && l->x < 0)
        l->x = l->count;
    vae__listed *kept = &l->entries[l->count++];
    kept->about = *about;
    snprintf(kept->path, sizeof kept->path, "%s", about->path ? about->path : "");
    snprintf(kept->type, sizeof kept->type, "%s", about->type);
    return 0;
}

static double values_of(const vae_data_entry *about)
{
    double values = 1;
    for (int i = 0; i < about->rank; i++)
        values *= (double)about->shape[i];
    return values;
}

/* Of numbers in more than one dimension the largest array; where there are none, of numbers. */
static int largest_entry(const vae__listing *l)
{
    int best = -1;
    for (int i = 0; i < l->count; i++) {
        const vae_data_entry *about = &l->entries[i].about, *other = best < 0 ? NULL : &l->entries[best].about;
        if (!about->usable || about->text)
            continue;
        bool table = about->rank > 1, other_table = other && other->rank > 1;
        if (!other || (table && !other_table) || (table == other_table && values_of(about) > values_of(other)))
            best = i;
    }
    return best;
}

vae_status vae__list_arrays(const char *source, const char *x, vae__listing *l)
{
    const char *below = strstr(source, ":/");
    *l = (vae__listing){ .wanted = x ? x : "x", .base = below ? below + 1 : "", .x = -1 };
    vae_status listed, status = vae__list_file(source, take_entry, l, &listed);
    if (!l->x_found)
        l->x = largest_entry(l);
    return status;
}

/* ---- By which option --------------------------------------------------------------------------------------------- */

/* A name that a condition may have, of a path's last name. */
static void name_condition(char name[VAE__CONDITION_NAME], const char *path)
{
    const char *slash = strrchr(path, '/');
    snprintf(name, VAE__CONDITION_NAME, "%s", slash ? slash + 1 : path);
    for (char *c = name; *c; c++)
        if (strchr(" \t\n.,=:", *c))
            *c = '_';
    if (!strcmp(name, "x") || !strcmp(name, "z") || !strcmp(name, "mask"))
        strcat(name, "_");
}

static const char *condition_kind(const vae_data_entry *about)
{
    bool single = about->rank == 1 || (about->rank == 2 && about->shape[1] == 1);
    bool whole = about->text || about->number > VAE_FLOAT64;
    return single && whole                        ? "class"
           : about->text                          ? NULL
           : about->rank < 3                      ? "values"
           : about->rank == 3 || about->rank == 4 ? "image"
                                                  : NULL;
}

/* The option that an array could be given by; "": none. Only what has x's rows can stand beside it. */
static void option_text(const vae__listing *l, int index, char *text, size_t size)
{
    const vae__listed *e = &l->entries[index], *x = l->x < 0 ? NULL : &l->entries[l->x];
    char option[2 * VAE__LISTED_PATH], name[VAE__CONDITION_NAME], quoted[4 * VAE__LISTED_PATH];
    *text = 0;
    if (!x || !*e->path || !e->about.usable)
        return;
    vae__quote(quoted, sizeof quoted, e->path);
    if (index == l->x) {
        snprintf(text, size, "--x %s", quoted);
        return;
    }
    const char *kind = condition_kind(&e->about);
    if (e->about.split != x->about.split || e->about.shape[0] != x->about.shape[0])
        return;
    if (!e->about.text && e->about.rank == x->about.rank && e->about.number == VAE_UINT8 &&
        !memcmp(e->about.shape, x->about.shape, sizeof e->about.shape)) {
        snprintf(text, size, "--mask %s", quoted);
        return;
    }
    if (!kind)
        return;
    name_condition(name, e->path);
    snprintf(option, sizeof option, "%s=%s:%s", name, kind, e->path);
    vae__quote(quoted, sizeof quoted, option);
    snprintf(text, size, "--condition %s", quoted);
}

/* ---- Telling it -------------------------------------------------------------------------------------------------- */

/* "(200, 32, 32)" */
static const char *entry_shape(const vae_data_entry *about, char text[256])
{
    size_t used = (size_t)snprintf(text, 256, "(");
    for (int i = 0; i < about->rank && used < 200; i++)
        used += (size_t)snprintf(text + used, 256 - used, "%s%" PRId64, i ? ", " : "", about->shape[i]);
    snprintf(text + used, 256 - used, ")");
    return text;
}

void vae__print_listing(const vae__listing *l)
{
    int path_width = 0, type_width = 0, shape_width = 0;
    char shape[256], option[6 * VAE__LISTED_PATH], path[VAE__LISTED_PATH + 16];
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < l->count; i++) {
            const vae__listed *e = &l->entries[i];
            bool split = e->about.split != VAE_ALL;
            int length = snprintf(path, sizeof path, "%s%s%s", split ? vae_split_name(e->about.split) : "",
                                  split ? ": " : "", e->path);
            path_width = length > path_width && length < 60 ? length : path_width;
            length = (int)strlen(e->type);
            type_width = length > type_width ? length : type_width;
            length = (int)strlen(entry_shape(&e->about, shape));
            shape_width = length > shape_width ? length : shape_width;
            option_text(l, i, option, sizeof option);
            const char *remark = e->about.outside ? "in other files: --allow-external" : option;
            if (pass)
                vae__line(stdout, "  %-*s  %-*s  %-*s%s%s", path_width, path, type_width, e->type,
                          *remark ? shape_width : 0, shape, *remark ? "  " : "", remark);
        }
    if (l->all > l->count)
        vae__line(stdout, "  … and %d more", l->all - l->count);
}

void vae__json_listing(vae__json *json, const vae__listing *l)
{
    vae__json_array(json, "datasets");
    for (int i = 0; i < l->count; i++) {
        const vae_data_entry *about = &l->entries[i].about;
        vae__json_object(json, NULL);
        vae__json_text(json, "split", vae_split_name(about->split));
        vae__json_text(json, "path", *l->entries[i].path ? l->entries[i].path : NULL);
        vae__json_text(json, "type", l->entries[i].type);
        vae__json_sizes(json, "shape", about->shape, about->rank);
        vae__json_truth(json, "usable", about->usable);
        vae__json_truth(json, "outside", about->outside);
        vae__json_object_end(json);
    }
    vae__json_array_end(json);
    vae__json_whole(json, "dataset_count", l->all);
}
