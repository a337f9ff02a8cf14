/* Allocation: zeroed, aligned, checked for overflow; what fails leaves things as they were. */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

#include "src/base/memory.h"
#include "tests/support/suite.h"
#include "tests/support/system.h"

START_TEST(test_zeroed_and_aligned)
{
    for (size_t bytes = 0; bytes < 300; bytes += 7) {
        unsigned char *dirty = vae__alloc(bytes, 1);
        ck_assert_ptr_nonnull(dirty);
        memset(dirty, 0xff, bytes);
        vae__free(dirty);
        unsigned char *memory = vae__alloc(bytes, 1);
        ck_assert_ptr_nonnull(memory);
        ck_assert_uint_eq((uintptr_t)memory % 64, 0);
        for (size_t i = 0; i < bytes; i++)
            ck_assert_uint_eq(memory[i], 0);
        vae__free(memory);
    }
    vae__free(NULL);
}
END_TEST

START_TEST(test_overflow)
{
    long before = system_outstanding();
    ck_assert_ptr_null(vae__alloc(SIZE_MAX, 2));
    ck_assert_ptr_null(vae__alloc(SIZE_MAX / 8 + 1, 8));
    ck_assert_ptr_null(vae__alloc(1, SIZE_MAX));
    ck_assert_ptr_null(vae__alloc((size_t)1 << 33, (size_t)1 << 33));
    int *memory = (int *)&before;
    ck_assert_status(vae__allocate("the moon", SIZE_MAX, 2, &memory), VAE_ERROR_MEMORY,
                     "the moon: no memory for 18446744073709551615 bytes");
    ck_assert_ptr_null(memory);
    ck_assert_int_eq(system_outstanding(), before);
}
END_TEST

START_TEST(test_allocate)
{
    long before = system_outstanding();
    double *values = NULL;
    ck_assert_status_ok(vae__allocate("values", 5, sizeof *values, &values));
    ck_assert_ptr_nonnull(values);
    ck_assert_int_eq(system_outstanding(), before + 1);
    vae__free(values);
    system_fail(SYSTEM_ALLOCATE, 1, ENOMEM, false);
    ck_assert_status(vae__allocate("values", 5, sizeof *values, &values), VAE_ERROR_MEMORY,
                     "values: no memory for 40 bytes");
    ck_assert_ptr_null(values);
    ck_assert_int_eq(system_outstanding(), before);
}
END_TEST

START_TEST(test_grow)
{
    int *array = NULL;
    size_t capacity = 0;
    system_reset();
    long before = system_outstanding();
    for (int count = 1; count <= 1000; count++) {
        size_t old = capacity;
        ck_assert_status_ok(vae__grow("numbers", &array, &capacity, (size_t)count, sizeof *array));
        ck_assert_uint_ge(capacity, (size_t)count);
        for (size_t i = old; i < capacity; i++)
            ck_assert_int_eq(array[i], 0);
        array[count - 1] = count;
    }
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(array[i], i + 1);
    ck_assert_int_lt(system_count(SYSTEM_ALLOCATE), 20);
    ck_assert_int_eq(system_outstanding(), before + 1);
    vae__free(array);
}
END_TEST

START_TEST(test_grow_fails)
{
    int *array = NULL;
    size_t capacity = 0;
    ck_assert_status_ok(vae__grow("numbers", &array, &capacity, 4, sizeof *array));
    int *same = array;
    array[3] = 7;
    system_fail(SYSTEM_ALLOCATE, 1, ENOMEM, false);
    ck_assert_status(vae__grow("numbers", &array, &capacity, 5, sizeof *array), VAE_ERROR_MEMORY, "numbers");
    ck_assert_ptr_eq(array, same);
    ck_assert_uint_eq(capacity, 4);
    ck_assert_int_eq(array[3], 7);
    vae__free(array);
}
END_TEST

START_TEST(test_copy_string)
{
    char *copy = NULL;
    ck_assert_status_ok(vae__copy_string("abc", &copy));
    ck_assert_str_eq(copy, "abc");
    vae__free(copy);
    ck_assert_status_ok(vae__copy_string(NULL, &copy));
    ck_assert_str_eq(copy, "");
    vae__free(copy);
}
END_TEST

/* A limit on the address space counts, where it is the lesser. */
START_TEST(test_available)
{
    size_t machine = vae__memory_available();
    ck_assert_uint_gt(machine, (size_t)1 << 20);
    struct rlimit before, limit;
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &before), 0);
    limit = before;
    limit.rlim_cur = (rlim_t)1 << 33;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    size_t limited = vae__memory_available();
    limit.rlim_cur = (rlim_t)1 << 20; /* less than there is already */
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    size_t none = vae__memory_available();
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &before), 0);
    ck_assert_uint_lt(limited, (size_t)1 << 33);
    ck_assert_uint_le(none, (size_t)1 << 20);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory");
    const TTest *const tests[] = { test_zeroed_and_aligned, test_overflow,    test_allocate,  test_grow,
                                   test_grow_fails,         test_copy_string, test_available, NULL };
    suite_case(suite, "memory", 10, tests);
    return suite_run(suite);
}
