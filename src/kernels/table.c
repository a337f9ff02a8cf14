/* Which variants this build has, and which this processor can run. */
#include <stddef.h>
#include <string.h>
#include <vae/version.h>

#include "src/kernels/bf16.h"
#include "src/kernels/kernels.h"
#include "src/kernels/matmul.h"

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

#if VAE_HAVE_ONEDNN
#include <dnnl_version.h>
#define TEXT_OF(x) #x
#define TEXT(x)    TEXT_OF(x)
#define LIBRARY    ", oneDNN " TEXT(DNNL_VERSION_MAJOR) "." TEXT(DNNL_VERSION_MINOR) "." TEXT(DNNL_VERSION_PATCH)
#else
#define LIBRARY ", without oneDNN"
#endif

static const struct {
    const vae__kernels *row;
    bool (*runs_here)(void);
    const char *text; /* for people */
} variants[] = {
/* the best first */
#if VAE_HAVE_X86_VARIANTS
    { &vae__kernels_row_f32_avx512, has_avx512, "avx512" LIBRARY },
    { &vae__kernels_row_f32_avx2, has_avx2, "avx2" LIBRARY },
#endif
    { &vae__kernels_row_f32_generic, everywhere, "generic" LIBRARY },
    { &vae__kernels_row_f64_generic, everywhere, "generic" LIBRARY },
};
enum { VARIANTS = sizeof variants / sizeof *variants };

static size_t place_of(bool float64, const char *name)
{
    size_t i = 0;
    for (; i < VARIANTS; i++) {
        const vae__kernels *row = variants[i].row;
        if (row->float64 == float64 && (!name || !strcmp(row->name, name)) && variants[i].runs_here())
            break;
    }
    return i;
}

const vae__kernels *vae__kernels_find(bool float64, const char *name)
{
    size_t i = place_of(float64, name);
    return i < VARIANTS ? variants[i].row : NULL;
}

const char *vae__kernels_text(const char *name)
{
    size_t i = place_of(false, name);
    return i < VARIANTS ? variants[i].text : NULL;
}

const char *vae_kernels(void)
{
    return vae__kernels_text(NULL);
}

static bool has_bf16(void)
{
#if VAE_HAVE_AVX512BF16
    return has_avx512() && __builtin_cpu_supports("avx512bf16");
#else
    return false;
#endif
}

vae__limit_loop *vae__kernels_limit_bf16(void)
{
#if VAE_HAVE_AVX512BF16
    if (has_bf16())
        return vae__limit_avx512bf16;
#endif
    return NULL;
}

vae__matmul_function *vae__matmul_bfloat16(void)
{
#if VAE_HAVE_AVX512BF16
    if (has_bf16())
        return vae__matmul_avx512bf16;
#endif
    return NULL;
}
