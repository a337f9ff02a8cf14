/* Where the counters of coverage lie that clang puts into this program: in a section of their own. Compiled without
 * such counters itself, for clang's own names of the section's ends and these would be at odds. */
#include "tests/fuzz/checkpoints.h"

#define OF_SECTION(name) __asm__(name) __attribute__((weak, visibility("hidden")))
extern uint8_t begin[] OF_SECTION("__start___sancov_cntrs"), end[] OF_SECTION("__stop___sancov_cntrs");

uint8_t *fuzz_counters(size_t *count)
{
    *count = (size_t)(end - begin);
    return begin;
}

void fuzz_copy_counters(uint8_t *to, const uint8_t *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = from ? from[i] : 0;
}
