/* Which variants this build has, and which this processor can run. */
#include <stddef.h>
#include <string.h>

#include "src/kernels/kernels.h"

extern const vae__kernels vae__kernels_row_f64_generic, vae__kernels_row_f32_generic;

static bool everywhere(void)
{
    return true;
}

#if VAE_HAVE_X86_VARIANTS
extern const vae__kernels vae__kernels_row_f32_avx2, vae__kernels_row_f32_avx512;

/* What gcc's -march=haswell and -march=skylake-avx512 let the compiler use in code such as ours. */
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}

static bool has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}
#endif

static const struct {
    const vae__kernels *row;
    bool (*runs_here)(void);
} variants[] = {
/* the best first */
#if VAE_HAVE_X86_VARIANTS
    { &vae__kernels_row_f32_avx512, has_avx512 },
    { &vae__kernels_row_f32_avx2, has_avx2 },
#endif
    { &vae__kernels_row_f32_generic, everywhere },
    { &vae__kernels_row_f64_generic, everywhere },
};

const vae__kernels *vae__kernels_find(bool float64, const char *name)
{
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        const vae__kernels *row = variants[i].row;
        if (row->float64 == float64 && (!name || !strcmp(row->name, name)) && variants[i].runs_here())
            return row;
    }
    return NULL;
}
