/* Classes by their texts or numbers, and their order. */
#include "src/data/levels.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/model.h"
#include "src/base/memory.h"
#include "src/base/status.h"

static size_t slot_of(const vae__levels *levels, const char *text, size_t length)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
    size_t slot = (size_t)(hash ^ hash >> 32) & (levels->slot_count - 1);
    for (; levels->slots[slot]; slot = (slot + 1) & (levels->slot_count - 1)) {
        const char *other = levels->texts[levels->slots[slot] - 1];
        if (!strncmp(other, text, length) && !other[length])
            break;
    }
    return slot;
}

/* At least half of the slots stay free. */
static vae_status make_slots(vae__levels *levels)
{
    if ((size_t)levels->count * 2 < levels->slot_count)
        return vae__ok();
    uint32_t *old = levels->slots;
    size_t count = levels->slot_count ? levels->slot_count * 2 : 64;
    uint32_t *fresh = NULL;
    VAE__TRY(vae__allocate("the levels of a class", count, sizeof *fresh, &fresh));
    levels->slots = fresh;
    levels->slot_count = count;
    for (int i = 0; i < levels->count; i++)
        fresh[slot_of(levels, levels->texts[i], strlen(levels->texts[i]))] = (uint32_t)i + 1;
    vae__free(old);
    return vae__ok();
}

static vae_status add(vae__levels *levels, const char *text, size_t length)
{
    VAE__TRY(make_slots(levels));
    VAE__TRY(vae__grow("the levels of a class", &levels->texts, &levels->capacity, (size_t)levels->count + 1,
                       sizeof *levels->texts));
    char *copy = NULL;
    VAE__TRY(vae__allocate("the levels of a class", length + 1, 1, &copy));
    memcpy(copy, text, length);
    levels->slots[slot_of(levels, text, length)] = (uint32_t)levels->count + 1;
    levels->texts[levels->count++] = copy;
    return vae__ok();
}

static const char *list(const vae__levels *levels, char *text, size_t size)
{
    size_t used = 0;
    for (int i = 0; i < levels->count && used + 8 < size; i++)
        used += (size_t)snprintf(text + used, size - used, i ? ", \"%s\"" : "\"%s\"", levels->texts[i]);
    if (used >= size)
        snprintf(text + size - 4, 4, "...");
    return text;
}

static vae_status check_new(const vae__levels *levels, const char *text, size_t length, const char *where, int64_t row)
{
    char known[160] = "";
    if (length > VAE__LEVEL_LENGTH)
        return vae__error(VAE_ERROR_DATA, "%s: row %" PRId64 ": expected a class of at most %d bytes, found %zu", where,
                          row, VAE__LEVEL_LENGTH, length);
    if (levels->fixed)
        return vae__error(VAE_ERROR_DATA, "%s: row %" PRId64 ": expected one of the classes %s, found \"%.*s\"", where,
                          row, list(levels, known, sizeof known), (int)length, text);
    if (levels->count == VAE__LEVELS_MAX)
        return vae__error(VAE_ERROR_DATA, "%s: row %" PRId64 ": expected at most %d classes, found more", where, row,
                          VAE__LEVELS_MAX);
    return vae__ok();
}

vae_status vae__levels_number(vae__levels *levels, const char *text, size_t length, const char *where, int64_t row,
                              int32_t *number)
{
    size_t slot = levels->slots ? slot_of(levels, text, length) : 0;
    if (levels->slots && levels->slots[slot]) {
        *number = (int32_t)levels->slots[slot] - 1;
        return vae__ok();
    }
    VAE__TRY(check_new(levels, text, length, where, row));
    *number = levels->count;
    return add(levels, text, length);
}

vae_status vae__levels_fix(vae__levels *levels, const char *const *texts, int count)
{
    int32_t number;
    for (int i = 0; i < count; i++) {
        const char *text = texts[i] ? texts[i] : "";
        VAE__TRY(vae__levels_number(levels, text, strlen(text), "the levels of a class", i, &number));
        if (number != i)
            return vae__error(VAE_ERROR_ARGUMENT, "the levels of a class: expected each once, found \"%s\" again",
                              text);
    }
    levels->fixed = true;
    return vae__ok();
}

/* ---- Sorting ----------------------------------------------------------------------------------------------------- */

typedef struct entry {
    char *text;
    int32_t number;
} entry;

static int by_bytes(const void *a, const void *b)
{
    return strcmp(((const entry *)a)->text, ((const entry *)b)->text);
}

/* Decimal integers without leading zeros, of any length: the longer is the larger, below 0 the smaller. */
static int by_number(const void *a, const void *b)
{
    const char *x = ((const entry *)a)->text, *y = ((const entry *)b)->text;
    int sign = *x == '-' ? -1 : 1;
    if ((*x == '-') != (*y == '-'))
        return sign;
    size_t length = strlen(x), other = strlen(y);
    return sign * (length != other ? (length > other ? 1 : -1) : strcmp(x, y));
}

vae_status vae__levels_sort(vae__levels *levels, bool numbers, int32_t *moved)
{
    entry *entries = NULL;
    VAE__TRY(vae__allocate("the levels of a class", (size_t)levels->count, sizeof *entries, &entries));
    for (int i = 0; i < levels->count; i++)
        entries[i] = (entry){ levels->texts[i], i };
    qsort(entries, (size_t)levels->count, sizeof *entries, numbers ? by_number : by_bytes);
    for (int i = 0; i < levels->count; i++) {
        levels->texts[i] = entries[i].text;
        moved[entries[i].number] = i;
    }
    vae__free(entries);
    return vae__ok();
}

vae_status vae__levels_pack(const vae__levels *levels, const char ***texts)
{
    size_t bytes = (size_t)levels->count * sizeof **texts;
    for (int i = 0; i < levels->count; i++)
        bytes += strlen(levels->texts[i]) + 1;
    VAE__TRY(vae__allocate("the levels of a class", bytes, 1, texts));
    char *next = (char *)(*texts + levels->count);
    for (int i = 0; i < levels->count; i++) {
        size_t size = strlen(levels->texts[i]) + 1;
        (*texts)[i] = memcpy(next, levels->texts[i], size);
        next += size;
    }
    return vae__ok();
}

void vae__levels_clear(vae__levels *levels)
{
    for (int i = 0; i < levels->count; i++)
        vae__free(levels->texts[i]);
    vae__free(levels->texts);
    vae__free(levels->slots);
    *levels = (vae__levels){ 0 };
}
