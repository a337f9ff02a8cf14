/* Spoils a good checkpoint of `cvae` in a way that only an HDF5 library can, for bad_input.sh: damage FAULT FILE.h5 */
#include <hdf5.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define WEIGHT "/parameters/decoder/0/weight"

static int set_number(hid_t file, const char *object, const char *name, hid_t type, const void *value)
{
    hid_t attribute = H5Aopen_by_name(file, object, name, H5P_DEFAULT, H5P_DEFAULT);
    return attribute < 0 || H5Awrite(attribute, type, value) < 0 || H5Aclose(attribute) < 0;
}

/* In place of an attribute, a string of its own length. */
static int set_text(hid_t file, const char *object, const char *name, const char *text, size_t length)
{
    H5Adelete_by_name(file, object, name, H5P_DEFAULT);
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, length);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    hid_t attribute = H5Acreate_by_name(file, object, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    const void *value = length == H5T_VARIABLE ? (const void *)&text : text;
    int failed = attribute < 0 || H5Awrite(attribute, type, value) < 0;
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
    return failed;
}

/* In place of the weight, a data set of `type` with `rows` rows. */
static int replace_weight(hid_t file, hid_t type, hsize_t rows, int scaled)
{
    hsize_t sizes[2] = { rows, 8 };
    H5Ldelete(file, WEIGHT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(2, sizes, NULL), settings = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(settings, 2, sizes);
    if (scaled)
        H5Pset_scaleoffset(settings, H5Z_SO_FLOAT_DSCALE, 3);
    hid_t dataset = H5Dcreate2(file, WEIGHT, type, space, H5P_DEFAULT, settings, H5P_DEFAULT);
    H5Pclose(settings);
    H5Sclose(space);
    return dataset < 0 || H5Dclose(dataset) < 0;
}

static int newer_version(hid_t file)
{
    int64_t version = 2;
    return set_number(file, "/", "format_version", H5T_NATIVE_INT64, &version);
}

static int other_format(hid_t file)
{
    return set_text(file, "/", "format", "another checkpoint", 18);
}

static int not_a_checkpoint(hid_t file)
{
    return H5Adelete(file, "format") < 0;
}

static int variable_string(hid_t file)
{
    return set_text(file, "/model", "encoder", "dense 8 relu", H5T_VARIABLE);
}

static int wrong_declaration(hid_t file)
{
    return set_text(file, "/model", "encoder", "dense 9 relu", 12);
}

static int control_characters(hid_t file)
{
    return set_text(file, "/data", "source", "loud\x1b[31m", 9);
}

static int missing_tensor(hid_t file)
{
    return H5Ldelete(file, WEIGHT, H5P_DEFAULT) < 0;
}

static int soft_link(hid_t file)
{
    return H5Lmove(file, WEIGHT, file, "/elsewhere", H5P_DEFAULT, H5P_DEFAULT) < 0 ||
           H5Lcreate_soft("/elsewhere", file, WEIGHT, H5P_DEFAULT, H5P_DEFAULT) < 0;
}

static int wrong_shape(hid_t file)
{
    return replace_weight(file, H5T_IEEE_F32LE, 3, 0);
}

static int wrong_type(hid_t file)
{
    return replace_weight(file, H5T_STD_I32LE, 2, 0);
}

static int extra_filter(hid_t file)
{
    return replace_weight(file, H5T_IEEE_F32LE, 2, 1);
}

/* One value changes; the sum over all does not know. */
static int wrong_checksum(hid_t file)
{
    float values[16];
    hid_t dataset = H5Dopen2(file, WEIGHT, H5P_DEFAULT);
    if (dataset < 0 || H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        return 1;
    values[3] += 1;
    return H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0 || H5Dclose(dataset) < 0;
}

static const struct {
    const char *name;
    int (*spoil)(hid_t file);
} faults[] = {
    { "newer-version", newer_version },
    { "other-format", other_format },
    { "not-a-checkpoint", not_a_checkpoint },
    { "variable-string", variable_string },
    { "wrong-declaration", wrong_declaration },
    { "control-characters", control_characters },
    { "missing-tensor", missing_tensor },
    { "soft-link", soft_link },
    { "wrong-shape", wrong_shape },
    { "wrong-type", wrong_type },
    { "extra-filter", extra_filter },
    { "wrong-checksum", wrong_checksum },
};

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: damage FAULT FILE.h5\n");
        return 2;
    }
    hid_t file = H5Fopen(argv[2], H5F_ACC_RDWR, H5P_DEFAULT);
    for (size_t i = 0; file >= 0 && i < sizeof faults / sizeof *faults; i++)
        if (!strcmp(argv[1], faults[i].name))
            return faults[i].spoil(file) || H5Fclose(file) < 0;
    fprintf(stderr, "damage: expected a fault it knows and an HDF5 file, found \"%s\" and %s\n", argv[1], argv[2]);
    return 2;
}
