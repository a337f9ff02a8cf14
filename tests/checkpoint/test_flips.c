/* Each byte of a small checkpoint changed, in values and in what HDF5 keeps about them: a load fails with a message, or
 * what it brings is the same bit for bit. VAE_TEST_SLOW=1: every byte of two files, of one all its bits and of the
 * other the lowest; else every 61st of one, the ways in turn.
 *
 * libhdf5 may crash over a changed file, which the program keeps away by trying files in a child process. So flips are
 * done in children here, and what crashes or takes for ever is counted and told, and gone on behind. */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "tests/checkpoint/record.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { SECONDS = 30, FLIPS_A_CHILD = 2000 };

static const unsigned char ways[] = { 0xff, 0x01 };
enum { WAYS = sizeof ways };

/* What children and the test count together. */
typedef struct count {
    size_t next, refused, same, crashed, silent;
} count;

typedef struct flips {
    const vae_training *good;
    size_t size, step; /* of the file; from one byte to the next */
    size_t way;        /* one of them; WAYS: in turn */
    int file;
    count *count;
} flips;

static void change(const flips *f, size_t at, unsigned char by)
{
    unsigned char byte = 0;
    ck_assert_int_eq(pread(f->file, &byte, 1, (off_t)at), 1);
    byte ^= by;
    ck_assert_int_eq(pwrite(f->file, &byte, 1, (off_t)at), 1);
}

/* A refusal is told with words and leaves nothing; what is loaded is the same. */
static void flip(const flips *f, size_t at, unsigned char by)
{
    vae_training *loaded = NULL;
    change(f, at, by);
    vae_status status = vae_checkpoint_load(path_of("b.h5"), NULL, &loaded);
    change(f, at, by);
    if (status.code) {
        f->count->refused++;
        f->count->silent += !*status.message || loaded;
        return;
    }
    f->count->same++;
    assert_same(f->good, loaded);
    vae_training_free(&loaded);
}

static size_t flip_count(const flips *f)
{
    return (f->size + f->step - 1) / f->step;
}

static void flip_number(const flips *f, size_t number)
{
    flip(f, number * f->step, ways[f->way < WAYS ? f->way : number % WAYS]);
}

static void flip_some(const flips *f, size_t most)
{
    for (size_t i = 0; i < most && f->count->next < flip_count(f); i++) {
        alarm(SECONDS);
        /* Counted before it is tried: behind one that crashes the next child goes on. */
        flip_number(f, f->count->next++);
    }
    alarm(0);
}

/* A child that ends by itself with another status than 0 has failed an assertion, and told it. */
static void flip_in_child(const flips *f)
{
    int how = 0;
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (!child) {
        signal(SIGALRM, SIG_DFL);
        flip_some(f, FLIPS_A_CHILD);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &how, 0), child);
    ck_assert_msg(WIFSIGNALED(how) || !WEXITSTATUS(how), "byte flip %zu: loaded with other contents",
                  f->count->next - 1);
    if (!WIFSIGNALED(how))
        return;
    f->count->crashed++;
    printf("flip %zu: signal %d\n", f->count->next - 1, WTERMSIG(how));
}

static void copy_good(void)
{
    unsigned char *bytes = NULL;
    size_t size = 0;
    FILE *file = fopen(path_of("a.h5"), "rb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    size = (size_t)ftell(file);
    rewind(file);
    bytes = malloc(size);
    ck_assert_uint_eq(fread(bytes, 1, size, file), size);
    fclose(file);
    write_bytes(path_of("b.h5"), bytes, size);
    free(bytes);
}

static void flip_all(const vae_model_spec *spec, size_t step, size_t way)
{
    folder_make();
    vae_training *saved = make_training(spec), *good = NULL;
    ck_assert_status_ok(vae_checkpoint_save(saved, path_of("a.h5")));
    vae_training_free(&saved);
    copy_good();
    ck_assert_status_ok(vae_checkpoint_load(path_of("a.h5"), NULL, &good));
    flips f = { .good = good, .step = step, .way = way, .file = open(path_of("b.h5"), O_RDWR | O_CLOEXEC) };
    ck_assert_int_ge(f.file, 0);
    f.size = (size_t)lseek(f.file, 0, SEEK_END);
    f.count = mmap(NULL, sizeof *f.count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert(f.count != MAP_FAILED);
    while (f.count->next < flip_count(&f))
        if (SANITIZED)
            flip_some(&f, FLIPS_A_CHILD);
        else
            flip_in_child(&f);
    printf("%s: %zu bytes, %zu flips: %zu refused, %zu the same, %zu crashed\n", spec->name, f.size, flip_count(&f),
           f.count->refused, f.count->same, f.count->crashed);
    ck_assert_uint_eq(f.count->refused + f.count->same + f.count->crashed, flip_count(&f));
    ck_assert_uint_eq(f.count->silent, 0);
    ck_assert_uint_gt(f.count->refused, flip_count(&f) / 20);
    munmap(f.count, sizeof *f.count);
    close(f.file);
    vae_training_free(&good);
    folder_remove();
}

static bool is_slow(void)
{
    const char *slow = getenv("VAE_TEST_SLOW");
    return slow && *slow;
}

START_TEST(test_some_bytes)
{
    flip_all(&small_rich, SANITIZED ? 211 : 61, WAYS);
}
END_TEST

START_TEST(test_every_byte_all_bits)
{
    flip_all(&small_rich, 1, 0);
}
END_TEST

START_TEST(test_every_byte_lowest_bit)
{
    flip_all(&small_cvae, 1, 1);
}
END_TEST

int main(void)
{
    const TTest *const some[] = { test_some_bytes, NULL };
    const TTest *const every[] = { test_every_byte_all_bits, test_every_byte_lowest_bit, NULL };
    Suite *suite = suite_create("flips");
    /* Every byte: 3 ms a load make 12 minutes a file, and several times that beside other work. */
    suite_case(suite, is_slow() ? "every byte" : "some bytes", is_slow() ? 7200 : 600, is_slow() ? every : some);
    return suite_run(suite);
}
