/*
 * The checkpoint reader and libhdf5 under it: bytes of a sound checkpoint are changed, so that libhdf5 meets damage of
 * every kind. An input is a byte (which checkpoint; how is it loaded; are the checksums of HDF5's own headers made
 * right again) and changes: an offset (three bytes), a count (a byte), and as many bytes; a count of 0 cuts the file.
 *
 * Faults of libhdf5's are not ours, so files are loaded in a child, and what the child says of its end tells whose it
 * was: libhdf5's are counted and told at the end, all else is a finding. Coverage comes back from the child, which is
 * replaced now and then, for libhdf5 leaks over damage.
 */
#define _GNU_SOURCE /* memfd_create */
#include <dlfcn.h>
#include <errno.h>
#include <hdf5.h>
#include <sanitizer/common_interface_defs.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/fuzz/checkpoints.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerInitialize(int *count, char ***arguments);
const char *__asan_default_options(void);

enum { MOST_CHANGES = 16, REPORT = 1 << 16, SECONDS = 20, HUNG = 99, MOST_BYTES = 1 << 20, MOST_LOADS = 500 };

static struct {
    uint8_t *bytes;
    size_t size;
} bases[FUZZ_CHECKPOINTS];

static long faults, hangs; /* libhdf5's */
static int report;         /* a file descriptor: what a sanitizer says in the child */

/* What parent and child share: the file to be loaded. */
static struct {
    size_t size;
    fuzz_load how;
    uint8_t bytes[MOST_BYTES];
} * request;

static uint8_t *counters, *childs; /* of coverage; the child's, as it left them */
static size_t counter_count;

/* What libhdf5 asks for after damage is more than there is; that is no fault, and it is told. */
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1:max_allocation_size_mb=1024";
}

/* ---- Changes ----------------------------------------------------------------------------------------------------- */

static void write_sum(uint8_t *bytes, size_t size)
{
    static uint32_t (*sum_of)(const void *bytes, size_t size, uint32_t begin);
    if (!sum_of)
        *(void **)&sum_of = dlsym(RTLD_DEFAULT, "H5_checksum_metadata");
    if (!sum_of)
        return;
    uint32_t sum = sum_of(bytes, size, 0);
    for (int i = 0; i < 4; i++)
        bytes[size + (size_t)i] = (uint8_t)(sum >> 8 * i);
}

/* Object headers of version 2, of which the first piece tells its size, and the superblock: without their checksums
 * right, libhdf5 looks no further. */
static void repair(uint8_t *bytes, size_t size)
{
    enum { SUPERBLOCK = 44, BEFORE = 6, TIMES = 16, PHASES = 4 };
    if (size >= SUPERBLOCK + 4)
        write_sum(bytes, SUPERBLOCK);
    for (size_t at = 0; at + BEFORE + TIMES + PHASES + 8 <= size; at++) {
        if (memcmp(bytes + at, "OHDR\2", 5) != 0)
            continue;
        uint8_t flags = bytes[at + 5];
        size_t begin = at + BEFORE + (flags & 0x20 ? TIMES : 0) + (flags & 0x10 ? PHASES : 0), length = 0;
        size_t width = (size_t)1 << (flags & 3);
        for (size_t i = 0; i < width && i < 4; i++)
            length |= (size_t)bytes[begin + i] << 8 * i;
        if (begin + width + length + 4 <= size)
            write_sum(bytes + at, begin + width + length - at);
    }
}

/* Makes the file that is to be loaded. */
static void change(fuzz_input *input, unsigned how)
{
    int base = (int)(how % FUZZ_CHECKPOINTS);
    size_t whole = bases[base].size;
    request->size = whole;
    memcpy(request->bytes, bases[base].bytes, whole);
    for (int i = 0; i < MOST_CHANGES && input->left; i++) {
        size_t at = (size_t)fuzz_take(input, 3) % whole, wanted = (size_t)fuzz_take(input, 1), count;
        const uint8_t *with = fuzz_take_bytes(input, wanted, &count);
        if (!wanted && at && at < request->size)
            request->size = at;
        for (size_t k = 0; k < count && at + k < request->size; k++)
            request->bytes[at + k] = with[k];
    }
    if (how & 4)
        repair(request->bytes, request->size);
}

/* ---- The child --------------------------------------------------------------------------------------------------- */

static pid_t child; /* 0: there is none */
static int to_child, loads;

static void on_alarm(int number)
{
    (void)number;
    __sanitizer_print_stack_trace();
    _exit(HUNG);
}

static void do_nothing(void)
{
}

/* Without the fuzzer's own handling of signals and ends, which would call it a finding. */
static void serve(int end)
{
    char byte;
    __sanitizer_set_death_callback(do_nothing);
    __sanitizer_set_report_fd((void *)(intptr_t)report);
    signal(SIGABRT, SIG_DFL);
    signal(SIGALRM, on_alarm);
    while (read(end, &byte, 1) == 1) {
        alarm(SECONDS);
        fuzz_copy_counters(counters, NULL, counter_count);
        fuzz_checkpoint_load(request->bytes, request->size, request->how);
        fuzz_copy_counters(childs, counters, counter_count);
        alarm(0);
        if (write(end, &byte, 1) != 1)
            break;
    }
    _exit(0);
}

static void begin_child(void)
{
    int ends[2];
    fuzz_expect(!ftruncate(report, 0) && !lseek(report, 0, SEEK_SET), "no memory for a report");
    fuzz_expect(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "no line to a child");
    loads = 0;
    child = fork();
    fuzz_expect(child >= 0, "no process");
    if (!child) {
        close(ends[0]);
        serve(ends[1]);
    }
    close(ends[1]);
    to_child = ends[0];
}

/* How the child ended. */
static int end_child(void)
{
    int status = 0;
    close(to_child);
    while (waitpid(child, &status, 0) < 0)
        fuzz_expect(errno == EINTR, "the child is gone");
    child = 0;
    return status;
}

/* False: it did not come back. */
static bool load_in_child(void)
{
    char byte = 0;
    ssize_t came = send(to_child, &byte, 1, MSG_NOSIGNAL);
    while (came == 1 && (came = read(to_child, &byte, 1)) < 0 && errno == EINTR)
        came = 1;
    return came == 1;
}

/* ---- Whose fault was it? ----------------------------------------------------------------------------------------- */

/* Of a line of a stack: frames of ours have the file they are of, and all that are neither ours nor libhdf5's (the
 * sanitizer's own, the C library's) say nothing of whose fault it is. Where there is no file there is the program in
 * brackets, whose folder may have any name. */
static bool is_ours(const char *frame, size_t length)
{
    static const char *const folders[] = { "/src/", "/models/", "/graph/", "/tests/fuzz/" };
    const char *program = memmem(frame, length, " (", 2);
    length = program ? (size_t)(program - frame) : length;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (memmem(frame, length, folders[i], strlen(folders[i])))
            return true;
    return false;
}

/* Is libhdf5's frame further in than any of ours? */
static bool begins_in_libhdf5(const char *text)
{
    for (const char *frame = strstr(text, "    #0 "); frame && !strncmp(frame, "    #", 5);) {
        const char *end = strchr(frame, '\n');
        size_t length = end ? (size_t)(end - frame) : strlen(frame);
        if (is_ours(frame, length))
            return false;
        if (memmem(frame, length, "libhdf5", strlen("libhdf5")))
            return true;
        frame = end ? end + 1 : NULL;
    }
    return false;
}

/* libhdf5 writing outside of what we gave it to write to would be ours: we told it how much there is. */
static bool is_theirs(const char *text)
{
    const char *block = strstr(text, "allocated by");
    bool ours = block && strstr(block, " in vae__alloc") && strstr(text, "WRITE of size");
    return !strstr(text, "runtime error:") && begins_in_libhdf5(text) && !ours;
}

static void judge(int status)
{
    static char text[REPORT + 1];
    ssize_t length = pread(report, text, REPORT, 0);
    text[length > 0 ? length : 0] = 0;
    bool hung = WIFEXITED(status) && WEXITSTATUS(status) == HUNG;
    if (hung ? strstr(text, "libhdf5") != NULL : is_theirs(text)) {
        ++*(hung ? &hangs : &faults);
        return;
    }
    fprintf(stderr, "%s", text);
    fuzz_expect(0, hung ? "it does not end" : "a fault that is not libhdf5's");
}

static void tell_theirs(void)
{
    fprintf(stderr, "libhdf5's own: %ld faults, %ld loads of more than %d s\n", faults, hangs, SECONDS);
}

/* ---- The harness ------------------------------------------------------------------------------------------------- */

/* No limit of memory: the fuzzer's is kept by a thread, and a child has none. */
static void add_argument(int *count, char ***arguments)
{
    char **more = calloc((size_t)*count + 2, sizeof *more);
    memcpy(more, *arguments, (size_t)*count * sizeof *more);
    more[(*count)++] = strdup("-rss_limit_mb=0");
    *arguments = more;
}

static void *share(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    fuzz_expect(memory != MAP_FAILED, "no memory to share with a child");
    return memory;
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    add_argument(count, arguments);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    for (int base = 0; base < FUZZ_CHECKPOINTS; base++) {
        fuzz_checkpoint_make(base, &bases[base].bytes, &bases[base].size);
        fuzz_expect(bases[base].size <= MOST_BYTES, "a checkpoint of more bytes than there is room for");
    }
    request = share(sizeof *request);
    counters = fuzz_counters(&counter_count);
    childs = share(counter_count);
    report = memfd_create("report", 0);
    fuzz_expect(report >= 0, "no memory for a report");
    atexit(tell_theirs);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input input = { bytes, size };
    fuzz_most_memory((size_t)64 << 20);
    unsigned how = (unsigned)fuzz_take(&input, 1);
    change(&input, how);
    request->how = how & 2 ? FUZZ_MODEL_ALONE : how & 8 ? FUZZ_VERIFIED : FUZZ_WHOLLY;
    if (child && ++loads >= MOST_LOADS)
        (void)end_child();
    if (!child)
        begin_child();
    if (load_in_child())
        fuzz_copy_counters(counters, childs, counter_count);
    else
        judge(end_child());
    return 0;
}
