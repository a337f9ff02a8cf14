/* Philox against the vectors its authors published, and what is built on it. */
#include <stdlib.h>
#include <string.h>

#include "src/base/random.h"
#include "tests/support/suite.h"

/* Random123 1.14, examples/kat_vectors: philox 4x32 10. */
static const struct {
    uint32_t counter[4], key[2], words[4];
} known[] = {
    { { 0, 0, 0, 0 }, { 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
    { { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff },
      { 0xffffffff, 0xffffffff },
      { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
    { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 },
      { 0xa4093822, 0x299f31d0 },
      { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
};

START_TEST(test_known_answers)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t words[4];
        memcpy(words, known[i].counter, sizeof words);
        vae__philox(words, (uint64_t)known[i].key[1] << 32 | known[i].key[0]);
        ck_assert_mem_eq(words, known[i].words, sizeof words);
    }
}
END_TEST

/* The layout that random.h promises: the same vectors, reached through a draw. */
START_TEST(test_layout)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const uint32_t *counter = known[i].counter;
        uint64_t seed = (uint64_t)known[i].key[1] << 32 | known[i].key[0];
        vae__draw draw = { .seed = seed, .stream = counter[3], .step = counter[2] };
        uint32_t words[4];
        vae__random_block(draw, counter[1], counter[0], words);
        ck_assert_mem_eq(words, known[i].words, sizeof words);
    }
    vae__draw draw = { .seed = 0x299f31d0a4093822, .stream = 5, .step = 6 };
    for (uint32_t element = 0; element < 40; element++) {
        uint32_t words[4];
        vae__random_block(draw, 7, element / 4, words);
        ck_assert_uint_eq(vae__random_word(draw, 7, element), words[element % 4]);
    }
}
END_TEST

START_TEST(test_streams)
{
    /* FNV-1a of "train/noise", computed by hand from its definition. */
    uint32_t hash = 2166136261u;
    for (const char *text = "train/noise"; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    ck_assert_uint_eq(vae__random_stream("train", "noise"), hash);
    ck_assert_uint_ne(vae__random_stream("train", "noise"), vae__random_stream("evaluate", "noise"));
    ck_assert_uint_ne(vae__random_stream("train", "noise"), vae__random_stream("train", "binarise"));
}
END_TEST

START_TEST(test_uniform)
{
    ck_assert_float_eq(vae__random_uniform(0), 0.0f);
    ck_assert_float_eq(vae__random_uniform(0xffffffff), 1.0f - 0x1p-24f);
    ck_assert_float_eq(vae__random_uniform(0x80000000), 0.5f);
}
END_TEST

static void check_permutation(vae__draw draw, int64_t count, uint32_t *order)
{
    char *seen = calloc((size_t)count + 1, 1);
    vae__random_permutation(draw, count, order);
    for (int64_t i = 0; i < count; i++) {
        ck_assert_int_lt(order[i], count);
        ck_assert_msg(!seen[order[i]], "%u twice", order[i]);
        seen[order[i]] = 1;
    }
    free(seen);
}

START_TEST(test_permutation)
{
    static uint32_t first[1000], again[1000], other[1000];
    vae__draw draw = { .seed = 1, .stream = vae__random_stream("train", "order"), .step = 0 };
    for (int64_t count = 0; count <= 20; count++)
        check_permutation(draw, count, first);
    check_permutation(draw, 1000, first);
    check_permutation(draw, 1000, again);
    ck_assert_mem_eq(first, again, sizeof first);
    draw.step = 1;
    check_permutation(draw, 1000, other);
    int same = 0;
    for (int i = 0; i < 1000; i++)
        same += first[i] == other[i];
    ck_assert_int_lt(same, 20); /* one is usual */
}
END_TEST

/* Each of the six orders of three comes up about as often. */
START_TEST(test_permutation_is_even)
{
    int counts[27] = { 0 };
    for (uint32_t step = 0; step < 6000; step++) {
        uint32_t order[3];
        vae__random_permutation((vae__draw){ .seed = 2, .step = step }, 3, order);
        counts[order[0] * 9 + order[1] * 3 + order[2]]++;
    }
    int orders = 0;
    for (int i = 0; i < 27; i++)
        if (counts[i]) {
            ck_assert_int_gt(counts[i], 850);
            ck_assert_int_lt(counts[i], 1150);
            orders++;
        }
    ck_assert_int_eq(orders, 6);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("random");
    const TTest *const tests[] = { test_known_answers,       test_layout, test_streams, test_uniform, test_permutation,
                                   test_permutation_is_even, NULL };
    suite_case(suite, "random", 10, tests);
    return suite_run(suite);
}
