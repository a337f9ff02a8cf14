/* vae_data_list: which arrays a file is told to hold, and as what. */
#include <hdf5.h>
#include <stdint.h>

#include "src/data/data.h"
#include "tests/data/files.h"

/* What was told, a line an array; it stops when it has `most`. */
typedef struct told {
    char lines[4096];
    int count, most;
} told;

static int note(void *context, const vae_data_entry *entry)
{
    told *t = context;
    size_t used = strlen(t->lines), size = sizeof t->lines;
    used += (size_t)snprintf(t->lines + used, size - used, "%s %s %s (", vae_split_name(entry->split),
                             entry->path ? entry->path : "-", entry->type);
    for (int i = 0; i < entry->rank; i++)
        used += (size_t)snprintf(t->lines + used, size - used, "%s%d", i ? " " : "", (int)entry->shape[i]);
    snprintf(t->lines + used, size - used, ")%s%s%s\n", entry->usable ? "" : " no", entry->text ? " text" : "",
             entry->outside ? " outside" : "");
    return ++t->count == t->most;
}

static void assert_list(const char *source, const char *lines)
{
    told t = { .count = 0 };
    ck_assert_status_ok(vae_data_list(path_of(source), note, &t));
    ck_assert_str_eq(t.lines, lines);
}

static void put(hid_t file, const char *path, hid_t type, int rank, hid_t list)
{
    const hsize_t shape[] = { 4, 3, 2, 2, 2, 2 };
    hid_t links = H5Pcreate(H5P_LINK_CREATE);
    hid_t space = rank < 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(rank, shape, NULL);
    H5Pset_create_intermediate_group(links, 1);
    hid_t dataset = H5Dcreate2(file, path, type, space, links, list, H5P_DEFAULT);
    ck_assert(dataset >= 0);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Pclose(links);
}

static void make_file(void)
{
    hid_t file = H5Fcreate(path_of("a.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t text = H5Tcopy(H5T_C_S1), compound = H5Tcreate(H5T_COMPOUND, 4), list = H5Pcreate(H5P_DATASET_CREATE);
    H5Tset_size(text, H5T_VARIABLE);
    H5Tinsert(compound, "a", 0, H5T_STD_I32LE);
    H5Pset_external(list, path_of("raw.bin"), 0, 12);
    put(file, "detector/frames", H5T_STD_U16BE, 3, H5P_DEFAULT);
    put(file, "meta/energy", H5T_IEEE_F64LE, 1, H5P_DEFAULT);
    put(file, "meta/run", text, 1, H5P_DEFAULT);
    put(file, "meta/title", text, -1, H5P_DEFAULT);
    put(file, "table", compound, 1, H5P_DEFAULT);
    put(file, "raw", H5T_STD_U8LE, 1, list);
    put(file, "deep", H5T_STD_U8LE, 6, H5P_DEFAULT);
    put(file, "sets/train/x", H5T_STD_U8LE, 2, H5P_DEFAULT);
    put(file, "sets/test/x", H5T_STD_U8LE, 2, H5P_DEFAULT);
    H5Lcreate_external("b.h5", "/", file, "away", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("away/x", file, "behind", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/detector/frames", file, "frames", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/detector", file, "group", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/gone", file, "gone", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/nowhere", file, "dangling", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_hard(file, "/", file, "meta/round", H5P_DEFAULT, H5P_DEFAULT);
    H5Tclose(text);
    H5Tclose(compound);
    H5Pclose(list);
    H5Fclose(file);
}

START_TEST(test_hdf5)
{
    folder_make();
    make_file();
    assert_list("a.h5", "all /away an external link () no\n"
                        "all /behind a link out of the file, or in a circle () no\n"
                        "all /deep uint8 (4 3 2 2 2 2) no\n"
                        "all /detector/frames uint16 (4 3 2)\n"
                        "all /frames uint16 (4 3 2)\n"
                        "all /gone a link out of the file, or in a circle () no\n"
                        "all /meta/energy float64 (4)\n"
                        "all /meta/run strings (4) text\n"
                        "all /meta/title strings () no text\n"
                        "all /raw uint8 (4) outside\n"
                        "all /sets/test/x uint8 (4 3)\n"
                        "all /sets/train/x uint8 (4 3)\n"
                        "all /table a compound type (4) no\n");
    assert_list("a.h5:/meta", "all /meta/energy float64 (4)\n"
                              "all /meta/round/away an external link () no\n"
                              "all /meta/round/behind a link out of the file, or in a circle () no\n"
                              "all /meta/round/deep uint8 (4 3 2 2 2 2) no\n"
                              "all /meta/round/detector/frames uint16 (4 3 2)\n"
                              "all /meta/round/frames uint16 (4 3 2)\n"
                              "all /meta/round/gone a link out of the file, or in a circle () no\n"
                              "all /meta/round/raw uint8 (4) outside\n"
                              "all /meta/round/sets/test/x uint8 (4 3)\n"
                              "all /meta/round/sets/train/x uint8 (4 3)\n"
                              "all /meta/round/table a compound type (4) no\n"
                              "all /meta/run strings (4) text\n"
                              "all /meta/title strings () no text\n");
    assert_list("a.h5:/sets", "train /x uint8 (4 3)\ntest /x uint8 (4 3)\n");
    assert_list("?.h5:/detector", "all /detector/frames uint16 (4 3 2)\n");
    told t = { .most = 3 };
    ck_assert_status_ok(vae_data_list(path_of("a.h5"), note, &t));
    ck_assert_int_eq(t.count, 3);
    ck_assert_int_eq(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    folder_remove();
}
END_TEST

/* Groups below groups without end: the walk has one. */
START_TEST(test_depth)
{
    folder_make();
    hid_t file = H5Fcreate(path_of("a.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    char path[256] = "";
    for (int i = 0; i < 20; i++) {
        strcat(path, "/g");
        H5Gclose(H5Gcreate2(file, path, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
        char x[300];
        snprintf(x, sizeof x, "%s/x", path);
        put(file, x, H5T_STD_U8LE, 1, H5P_DEFAULT);
    }
    H5Fclose(file);
    told t = { .count = 0 };
    ck_assert_status_ok(vae_data_list(path_of("a.h5"), note, &t));
    ck_assert_int_eq(t.count, 15);
    folder_remove();
}
END_TEST

START_TEST(test_others)
{
    static const char header[] = "\x93NUMPY\x01\x00\x3a\x00{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)}\n";
    folder_make();
    FILE *file = fopen(path_of("a.npy"), "wb");
    fwrite(header, 1, sizeof header - 1, file);
    fwrite("\0\0\0\0\0\0\0\0", 1, 8, file);
    fclose(file);
    assert_list("a.npy", "all - float32 (1 2)\n");
    told t = { .count = 0 };
    ck_assert_status(vae_data_list("digits", note, &t), VAE_ERROR_ARGUMENT,
                     "digits: expected an HDF5 or NPY file, found another source");
    ck_assert_status(vae_data_list("no-*.h5", note, &t), VAE_ERROR_FILE, "expected files of this pattern");
    ck_assert_status(vae_data_list(path_of("no.h5"), note, &t), VAE_ERROR_FILE, "cannot open");
    ck_assert_status(vae_data_list(NULL, note, &t), VAE_ERROR_ARGUMENT, "expected a source");
    ck_assert_status(vae_data_list("digits", NULL, &t), VAE_ERROR_ARGUMENT, "expected a function");
    ck_assert_int_eq(t.count, 0);
    folder_remove();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { test_hdf5, test_depth, test_others, NULL };
    Suite *suite = suite_create("list");
    suite_case(suite, "lists", 60, tests);
    return suite_run(suite);
}
