/* test_math.c once more, as the variants with a fused multiply-add compile it. Only gcc defines __FMA__ by the pragma;
 * with other compilers, and on other processors, this is test_math.c again. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC target("avx2,fma")
#define HAS_TARGET 1
#endif
#define TEST_MATH_INCLUDED
#include "tests/kernels/test_math.c"

int main(void)
{
#ifdef HAS_TARGET
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        return 77; /* skipped */
#endif
    return suite_run(make_suite());
}
