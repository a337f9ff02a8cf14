/* Numbers as text: what is read is finite, what is written reads back as the same number, and fits where it says. */
#include <math.h>
#include <string.h>

#include "src/base/number.h"
#include "tests/fuzz/fuzz.h"

/* Whoever writes numbers gives as much room as the language does. */
enum { ROOM = 32 };

static void write_and_read(double number)
{
    char text[ROOM];
    double again = NAN;
    vae__number_write(number, text, sizeof text);
    fuzz_expect(memchr(text, 0, sizeof text) != NULL, "a number's text has no end");
    bool is_number = vae__number_read(text, &again);
    fuzz_expect(is_number == (isfinite(number) != 0), "a finite number does not read back, or another one does");
    fuzz_expect(!is_number || !memcmp(&number, &again, sizeof number) || (number == 0 && again == 0),
                "a number reads back as another");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    double number = 0;
    char *text = malloc(size + 1);
    memcpy(text, bytes, size);
    text[size] = 0;
    if (vae__number_read(text, &number)) {
        fuzz_expect(isfinite(number), "a number was read that is not finite");
        write_and_read(number);
    }
    if (size >= sizeof number) {
        memcpy(&number, bytes, sizeof number);
        write_and_read(number);
    }
    free(text);
    return 0;
}
