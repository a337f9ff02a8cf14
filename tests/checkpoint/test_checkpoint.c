/* Checkpoints saved and loaded: bit for bit, readable by other tools, and whole whatever the system refuses. */
#include <errno.h>
#include <math.h>
#include <pthread.h>

#include "tests/checkpoint/record.h"

static const vae_model_spec *const specs[] = { &small_vae, &small_cvae, &small_rich };

START_TEST(test_round_trip)
{
    folder_make();
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        vae_training *saved = make_training(specs[i]), *loaded = NULL;
        vae_model *model = NULL;
        ck_assert_status_ok(vae_checkpoint_save(saved, path_of("a.h5")));
        ck_assert_status_ok(vae_checkpoint_load(path_of("a.h5"), NULL, &loaded));
        assert_same(saved, loaded);
        ck_assert_status_ok(vae_model_load(path_of("a.h5"), NULL, &model));
        assert_same_model(saved->model, model);
        /* what was loaded goes on, and is saved again over the old file */
        add_history(loaded, 2, specs[i]->conditions[0].name != NULL);
        ck_assert_status_ok(vae_checkpoint_save(loaded, path_of("a.h5")));
        vae_training_free(&saved);
        ck_assert_status_ok(vae_checkpoint_load(path_of("a.h5"), NULL, &saved));
        assert_same(saved, loaded);
        vae_training_free(&saved);
        vae_training_free(&loaded);
        vae_model_free(&model);
    }
    ck_assert_int_eq(system_outstanding(), 0);
    folder_remove();
}
END_TEST

/* What older files have not: all of it, of a model that needs none of it. */
static void make_old(hid_t file)
{
    static const char *const attributes[][2] = {
        { "/training", "epochs" },          { "/fields/x", "type" },      { "/fields/x", "missing" },
        { "/fields/digit", "type" },        { "/fields/site", "type" },   { "/data", "allow_external" },
        { "/data", "division_validation" }, { "/data", "division_test" }, { "/data", "division_seed" },
        { "/training", "precision" },
    };
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
        hid_t object = H5Oopen(file, attributes[i][0], H5P_DEFAULT);
        ck_assert_int_ge(H5Adelete(object, attributes[i][1]), 0);
        H5Oclose(object);
    }
    ck_assert_int_lt(H5Aexists_by_name(file, "/fields/x", "fill_value", H5P_DEFAULT), 1);
    ck_assert_int_lt(H5Lexists(file, "/data/sources", H5P_DEFAULT), 1);
}

START_TEST(test_old_files)
{
    folder_make();
    vae_training *saved = make_training(&small_cvae), *loaded = NULL;
    ck_assert_status_ok(vae_checkpoint_save(saved, path_of("a.h5")));
    hid_t file = H5Fopen(path_of("a.h5"), H5F_ACC_RDWR, H5P_DEFAULT);
    make_old(file);
    ck_assert_int_ge(H5Fclose(file), 0);
    ck_assert_status_ok(vae_checkpoint_load(path_of("a.h5"), NULL, &loaded));
    vae_model_spec *old = &saved->model->declaration;
    ck_assert_int_eq(loaded->epochs, loaded->epoch);
    old->x.type = old->conditions[0].type = old->conditions[1].type = VAE_UINT8;
    assert_same(saved, loaded); /* with the division that validation_held_out tells of */
    const vae_training_state state = vae_training_where(loaded);
    ck_assert(state.division.validation > 6.5 && state.division.validation < 7.5 && !state.division.by);
    ck_assert_int_eq(state.source_count, 0);
    ck_assert_str_eq(state.precision, "float32");
    vae_training_free(&saved);
    vae_training_free(&loaded);
    folder_remove();
}
END_TEST

/* What stands for missing values may be any number: NaN where nothing else is missing, or an infinity. */
START_TEST(test_fill_values)
{
    static const double fills[] = { NAN, INFINITY, -INFINITY, -1e300 };
    folder_make();
    for (int i = 0; i < 4; i++) {
        vae_model_spec spec = small_rich;
        vae_model *loaded = NULL;
        spec.x.fill_value = fills[i];
        vae_training *saved = make_training(&spec);
        ck_assert_status_ok(vae_checkpoint_save(saved, path_of("a.h5")));
        ck_assert_status_ok(vae_model_load(path_of("a.h5"), NULL, &loaded));
        double found = vae_model_declaration(loaded)->x.fill_value;
        ck_assert_mem_eq(&found, &fills[i], sizeof found);
        vae_training_free(&saved);
        vae_model_free(&loaded);
    }
    folder_remove();
}
END_TEST

/* ---- What a program brings --------------------------------------------------------------------------------------- */

static void build_small(vae_build *build)
{
    vae_node *h = build->z;
    if (build->x) {
        build->mean = vae_dense(build->encoder_x, 3, "encoder/mean");
        build->logvar = vae_dense(build->encoder_x, 3, "encoder/logvar");
        build->mean = vae_add(build->mean, vae_state(build->graph, "running/deviation", 1, (int64_t[]){ 3 }));
        h = vae_gaussian_sample(build->mean, build->logvar, build->noise);
        build->kl = vae_kl_standard_normal(build->mean, build->logvar);
    }
    vae_node *logits = vae_dense(h, build->x_size, "decoder/logits");
    if (build->x)
        build->reconstruction = vae_loglik_bernoulli(build->x, logits, build->mask);
    build->x_mean = vae_sigmoid(logits);
}

static const vae_model_spec built = { .name = "built",
                                      .x = { .shape = { 12 }, .likelihood = "bernoulli" },
                                      .latents = { { .size = 3 } },
                                      .build = build_small };

START_TEST(test_built_by_program)
{
    folder_make();
    const vae_model_spec other = { .name = "built", .encoder = "dense 3" };
    const vae_catalogue mine = { .models = &built, .model_count = 1 }, wrong = { .models = &other, .model_count = 1 };
    const vae_catalogue without_rows = { .model_count = 1 };
    vae_training *saved = make_training(&built), *loaded = NULL;
    vae_model *model = NULL;
    const vae_tensor *own = vae_store_find(saved->model->store, "running/deviation");
    vae_store_state(saved->model->store)[own->offset] = 0; /* as none of a transform's may be */
    ck_assert_status_ok(vae_checkpoint_save(saved, path_of("a.h5")));
    ck_assert_status_ok(vae_checkpoint_load(path_of("a.h5"), &mine, &loaded));
    assert_same(saved, loaded);
    ck_assert(loaded->model->declaration.build == build_small);
    vae_training_free(&loaded);
    const char *words = "a.h5: /model: the model \"built\" is built by code of the program that trained it: expected a "
                        "model of that name with .build in the catalogue, found none";
    ck_assert_status(vae_checkpoint_load(path_of("a.h5"), NULL, &loaded), VAE_ERROR_FORMAT, words);
    ck_assert_status(vae_checkpoint_load(path_of("a.h5"), &wrong, &loaded), VAE_ERROR_FORMAT, words);
    words = "the catalogue: expected models and how many there are, found NULL and 1";
    ck_assert_status(vae_checkpoint_load(path_of("a.h5"), &without_rows, &loaded), VAE_ERROR_ARGUMENT, words);
    ck_assert_status(vae_model_load(path_of("a.h5"), &without_rows, &model), VAE_ERROR_ARGUMENT, words);
    vae_training_free(&saved);
    folder_remove();
}
END_TEST

static vae_node *build_layer(const vae_network *network, const double *arguments, vae_node *x, const char *name)
{
    return vae_network_dense(network, x, (int64_t)arguments[0], name);
}

START_TEST(test_brought_words)
{
    folder_make();
    const vae_layer plain = { .word = { .name = "plain",
                                        .summary = "a layer of a test's",
                                        .arguments = { { .name = "UNITS", .low = 1, .high = 100 } } },
                              .build = build_layer };
    const vae_catalogue mine = { .layers = &plain, .layer_count = 1 };
    vae_model_spec spec = small_vae;
    spec.encoder = "plain 5, dense 4 relu";
    vae_model *model = NULL;
    vae_training *saved = NULL, *loaded = NULL;
    ck_assert_status_ok(vae__model_declare(&spec, &mine, &model));
    ck_assert_status_ok(vae__training_make(&model, &saved));
    ck_assert_status_ok(take_method(saved, "adam", "constant"));
    saved->rows[VAE_TRAIN] = saved->batch_size = 1;
    ck_assert_status_ok(vae_checkpoint_save(saved, path_of("a.h5")));
    ck_assert_status_ok(vae_checkpoint_load(path_of("a.h5"), &mine, &loaded));
    assert_same(saved, loaded);
    vae_training_free(&loaded);
    ck_assert_status(vae_checkpoint_load(path_of("a.h5"), NULL, &loaded), VAE_ERROR_FORMAT,
                     "a.h5: /model: small-vae: encoder: layer 1: \"plain\": no such layer; there are ");
    ck_assert_status(vae_model_load(path_of("a.h5"), NULL, &model), VAE_ERROR_FORMAT,
                     "; a program that loads this file must bring a row of that name in its catalogue");
    vae_training_free(&saved);
    folder_remove();
}
END_TEST

/* ---- What is told ------------------------------------------------------------------------------------------------ */

/* What no training comes to is told when it is loaded; the last place of an epoch is one, before its row is recorded.
 */
START_TEST(test_places)
{
    folder_make();
    vae_training *saved = make_training(&small_vae), *loaded = NULL;
    saved->step = 52;
    saved->partial.examples = 50;
    ck_assert_status_ok(vae_checkpoint_save(saved, path_of("a.h5")));
    ck_assert_status_ok(vae_checkpoint_load(path_of("a.h5"), NULL, &loaded));
    assert_same(saved, loaded);
    vae_training_free(&loaded);
    saved->validation_held_out = true;
    ck_assert_status_ok(vae_checkpoint_save(saved, path_of("a.h5")));
    ck_assert_status(vae_checkpoint_load(path_of("a.h5"), NULL, &loaded), VAE_ERROR_FORMAT,
                     "a.h5: expected validation rows, for they were held out, found none");
    saved->validation_held_out = false;
    saved->rows[VAE_VALIDATION] = 5;
    ck_assert_status_ok(vae_checkpoint_save(saved, path_of("a.h5")));
    ck_assert_status(vae_checkpoint_load(path_of("a.h5"), NULL, &loaded), VAE_ERROR_FORMAT,
                     "the history lacks the column validation/elbo");
    vae_training_free(&saved);
    folder_remove();
}
END_TEST

START_TEST(test_nothing_yet)
{
    folder_make();
    vae_training *saved = make_training(&small_vae), *loaded = NULL;
    saved->history.rows = 0;
    saved->rows[VAE_TEST] = 0;
    saved->command_line[0] = saved->source[0] = saved->digest[0] = 0;
    saved->seed = 0;
    ck_assert_status_ok(vae_checkpoint_save(saved, path_of("a.h5")));
    ck_assert_status_ok(vae_checkpoint_load(path_of("a.h5"), NULL, &loaded));
    assert_same(saved, loaded);
    add_history(loaded, 1, true);
    vae_training_free(&saved);
    vae_training_free(&loaded);
    folder_remove();
}
END_TEST

/* Data without splits has a fourth number in the file. */
START_TEST(test_no_splits)
{
    folder_make();
    vae_training *saved = make_training(&small_vae), *loaded = NULL;
    memset(saved->rows, 0, sizeof saved->rows);
    saved->rows[VAE_ALL] = 50;
    ck_assert_status_ok(vae_checkpoint_save(saved, path_of("a.h5")));
    ck_assert_status_ok(vae_checkpoint_load(path_of("a.h5"), NULL, &loaded));
    assert_same(saved, loaded);
    ck_assert_int_eq(loaded->rows[VAE_ALL], 50);
    vae_training_free(&saved);
    vae_training_free(&loaded);
    folder_remove();
}
END_TEST

START_TEST(test_long_command_line)
{
    folder_make();
    vae_training *saved = make_training(&small_vae), *loaded = NULL;
    char *text = vae__alloc(200001, 1);
    for (int i = 0; i < 200000; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    replace(&saved->command_line, text);
    ck_assert_status_ok(vae_checkpoint_save(saved, path_of("a.h5")));
    ck_assert_status_ok(vae_checkpoint_load(path_of("a.h5"), NULL, &loaded));
    size_t length = strlen(loaded->command_line);
    ck_assert_uint_eq(length, 60000);
    ck_assert_mem_eq(loaded->command_line, text, length - 4);
    ck_assert_str_eq(loaded->command_line + length - 4, " ...");
    vae_training_free(&loaded);
    replace(&saved->source, text); /* so is the source, and of as many sources each is whole */
    char *sources[200];
    for (int i = 0; i < 200; i++)
        sources[i] = text + 200000 - 2 * (i + 200);
    ck_assert_status_ok(vae__training_place(
        saved, &(vae__data_place){ .source = text, .sources = (const char *const *)sources, .source_count = 200 }));
    ck_assert_status_ok(vae_checkpoint_save(saved, path_of("a.h5")));
    ck_assert_status_ok(vae_checkpoint_load(path_of("a.h5"), NULL, &loaded));
    ck_assert_uint_eq(strlen(loaded->source), 60000);
    ck_assert_int_eq(loaded->source_count, 200);
    for (int i = 0; i < 200; i++)
        assert_same_text(loaded->sources[i], sources[i]);
    vae__free(text);
    vae_training_free(&saved);
    vae_training_free(&loaded);
    folder_remove();
}
END_TEST

START_TEST(test_questions)
{
    vae_training *training = make_training(&small_vae);
    vae_training_state state = vae_training_where(training);
    ck_assert_int_eq(state.epoch, 3);
    ck_assert_int_eq(state.epochs, 9);
    ck_assert_int_eq(state.step, 42);
    ck_assert_int_eq(state.rows[VAE_VALIDATION], 0);
    ck_assert_str_eq(state.source, "digits");
    ck_assert_int_eq(state.source_count, 0);
    ck_assert_ptr_null(state.x_path);
    ck_assert_ptr_eq(vae_training_model(training), training->model);
    ck_assert_int_eq(vae_history_rows(training), 3);
    ck_assert_int_eq(vae_history_columns(training), VAE__MAX_COLUMNS - 3);
    ck_assert_str_eq(vae_history_column_at(training, 9).name, "learning_rate");
    ck_assert_str_eq(vae_history_column_at(training, 5).units, "nats per example");
    ck_assert_ptr_eq(vae_history_column_at(training, 0).values, training->history.columns[VAE__STEP]);
    ck_assert_ptr_null(vae_history_column_at(training, 11).values);
    vae_training_free(&training);
    training = make_training(&small_rich);
    state = vae_training_where(training);
    ck_assert_int_eq(state.source_count, 2);
    ck_assert_str_eq(state.sources[0], "run-0.h5");
    ck_assert_str_eq(state.x_path, "/detector/frames");
    ck_assert_str_eq(state.condition_paths[0], "/meta/run");
    ck_assert_ptr_null(state.condition_paths[1]);
    ck_assert_str_eq(state.mask_path, "seen");
    ck_assert_int_eq(state.allow_external, 1);
    ck_assert_str_eq(state.division.by, "run");
    vae_training_free(&training);
    vae_training_free(&training);
    vae_training_free(NULL);
    ck_assert_int_eq(system_outstanding(), 0);
}
END_TEST

START_TEST(test_history_refuses)
{
    vae_training *training = make_training(&small_vae);
    bool present[VAE__MAX_COLUMNS] = { true };
    double values[VAE__MAX_COLUMNS] = { 0 };
    ck_assert_status(vae__history_append(&training->history, present, values), VAE_ERROR_ARGUMENT, "examples_seen");
    present[0] = false;
    ck_assert_status(vae__history_append(&training->history, present, values), VAE_ERROR_ARGUMENT, "step");
    ck_assert_int_eq(vae_history_rows(training), 3);
    vae_training_free(&training);
}
END_TEST

START_TEST(test_arguments)
{
    vae_training *training = NULL;
    vae_model *model = NULL;
    ck_assert_status(vae_checkpoint_save(NULL, "a"), VAE_ERROR_ARGUMENT, "NULL");
    ck_assert_status(vae_checkpoint_load(NULL, NULL, &training), VAE_ERROR_ARGUMENT, "NULL");
    ck_assert_status(vae_model_load(NULL, NULL, &model), VAE_ERROR_ARGUMENT, "NULL");
    ck_assert_status(vae_model_load("/nowhere/a.h5", NULL, &model), VAE_ERROR_FILE, "/nowhere/a.h5");
    ck_assert_status(vae_model_load("/tmp", NULL, &model), VAE_ERROR_FILE, "folder");
}
END_TEST

/* ---- Other tools ------------------------------------------------------------------------------------------------- */

static bool there_is(const char *check)
{
    char line[256];
    snprintf(line, sizeof line, "%s >/dev/null 2>&1", check);
    if (!system(line))
        return true;
    printf("skipped: no %s\n", check);
    return false;
}

/* Runs a tool on a.h5; its output must contain the words. */
static void check_tool(const char *tool, const char *words)
{
    char line[2048];
    char *text = vae__alloc(1 << 20, 1);
    char *out = strdup(path_of("out"));
    snprintf(line, sizeof line, "%s %s >%s 2>&1", tool, path_of("a.h5"), out);
    int code = system(line);
    FILE *file = fopen(out, "r");
    ck_assert_uint_gt(fread(text, 1, (1 << 20) - 1, file), 0);
    fclose(file);
    ck_assert_msg(!code, "%s: exit %d: %.400s", line, code, text);
    ck_assert_msg(strstr(text, words), "%s: no \"%s\" in: %.2000s", line, words, text);
    free(out);
    vae__free(text);
}

START_TEST(test_tools)
{
    folder_make();
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        vae_training *saved = make_training(specs[i]);
        saved->history.rows = i ? 3 : 0;
        ck_assert_status_ok(vae_checkpoint_save(saved, path_of("a.h5")));
        vae_training_free(&saved);
        if (there_is("command -v h5dump")) {
            check_tool("h5dump -A", "libvae checkpoint");
            check_tool("h5dump -d /history/step", "DATASPACE  SIMPLE");
        }
        if (there_is("command -v h5ls"))
            check_tool("h5ls -r", "/parameters/encoder/0/weight");
        if (there_is("command -v ncdump"))
            check_tool("ncdump -h", "group: encoder");
    }
    folder_remove();
}
END_TEST

/* The file through other eyes: values, strings, labels, scales, checksums. */
static const char script[] =
    "import sys, zlib, h5py, numpy as np\n"
    "f = h5py.File(sys.argv[1], 'r')\n"
    "def text(v): return v.decode('utf-8') if isinstance(v, bytes) else v\n"
    "assert text(f.attrs['format']) == 'libvae checkpoint' and f.attrs['format_version'] == 1\n"
    "assert [text(c) for c in f['model'].attrs['conditions']] == ['digit', 'site']\n"
    "assert list(f['model'].attrs['latent_sizes']) == [3] and list(f['fields/x'].attrs['shape']) == [3, 4]\n"
    "assert text(f['training'].attrs['command_line']) == 'vae train cvae --data d\\u00e9but --out a.h5'\n"
    "assert int(f['training'].attrs['seed']) == 0xfedcba9876543210\n"
    "assert list(f['data/split']) == [0]*50 + [1]*7 + [2]*10 and list(f['fields/digit/levels']) == list(range(10))\n"
    "assert [d.label for d in f['parameters/encoder/0/weight'].dims] == ['in', 'out']\n"
    "assert [d.label for d in f['parameters/encoder/0/weight_digit'].dims] == ['class', 'out']\n"
    "assert text(f['history/step'].attrs['CLASS']) == 'DIMENSION_SCALE' and f['history/train/elbo'].dims[0][0] == "
    "f['history/step']\n"
    "assert list(f['history/step']) == [13, 26, 39] and text(f['history/seconds'].attrs['units']) == 's'\n"
    "names = []\n"
    "def check(name, d):\n"
    "    if isinstance(d, h5py.Dataset):\n"
    "        names.append(name)\n"
    "        assert zlib.crc32(d[()].tobytes()) == d.attrs['crc32'] and 'description' in d.attrs, name\n"
    "    else: assert 'description' in d.attrs or name.count('/') > 0, name\n"
    "    for k in d.attrs:\n"
    "        if k not in ('DIMENSION_LABELS', 'DIMENSION_LIST', 'REFERENCE_LIST'):\n"
    "            assert not d.attrs.get_id(k).get_type().get_class() == h5py.h5t.VLEN\n"
    "            t = d.attrs.get_id(k).get_type()\n"
    "            assert not (t.get_class() == h5py.h5t.STRING and t.is_variable_str()), (name, k)\n"
    "f.visititems(check)\n"
    "p = set(n[len('parameters/'):] for n in names if n.startswith('parameters/'))\n"
    "assert p and p == set(n[len('optimizer/first_moment/'):] for n in names if 'first_moment' in n)\n"
    "print('all is well')\n";

static const char rich_script[] =
    "import sys, zlib, h5py, numpy as np\n"
    "f = h5py.File(sys.argv[1], 'r')\n"
    "def text(v): return v.decode('utf-8')\n"
    "x, run, energy, image = f['fields/x'], f['fields/run'], f['fields/energy'], f['fields/map']\n"
    "a = {k: v for k, v in x.attrs.items()}\n"
    "assert text(a['transform']) == 'scale=0.5, standardize' and text(a['encoder_transform']) == 'standardize'\n"
    "assert text(a['missing']) == 'mask' and a['fill_value'] == -999.5 and text(a['type']) == 'uint16'\n"
    "assert text(a['path']) == '/detector/frames' and text(a['mask_path']) == 'seen'\n"
    "assert text(run.attrs['kind']) == 'class' and run.attrs['classes'] == 3\n"
    "assert [text(l) for l in run['levels']] == ['run A', 'run \u00c9', ''] and run['levels'].dtype == 'S6'\n"
    "assert zlib.crc32(run['levels'][()].tobytes()) == run['levels'].attrs['crc32']\n"
    "assert text(energy.attrs['kind']) == 'values' and list(energy.attrs['shape']) == [2] and energy.attrs['size'] == "
    "2\n"
    "assert text(energy.attrs['transform']) == 'standardize' and 'path' not in energy.attrs\n"
    "assert text(image.attrs['kind']) == 'image' and list(image.attrs['shape']) == [2, 3] and image.attrs['size'] == "
    "6\n"
    "w = f['parameters/encoder/0']\n"
    "assert [d.label for d in w['weight_run'].dims] == ['class', 'out'] and w['weight_run'].shape[0] == 3\n"
    "assert [d.label for d in w['weight_energy'].dims] == ['in', 'out'] and w['weight_map'].shape[0] == 6\n"
    "state = f['state/fields/x/transform/1']\n"
    "assert state['mean'].shape == (6,) and 'mean of' in text(state['mean'].attrs['description'])\n"
    "assert 'deviation of' in text(state['deviation'].attrs['description']) and state['mean'].dims[0].label == "
    "'value'\n"
    "data = f['data']\n"
    "assert [text(s) for s in data['sources']] == ['run-0.h5', 'd\u00e9but/*.h5:/a'] and data.attrs['allow_external'] "
    "== 1\n"
    "d = {k[9:]: data.attrs[k] for k in data.attrs if k.startswith('division_')}\n"
    "assert d['validation'] == 0.125 and d['test'] == 10 and int(d['seed']) == 2**64 - 1 and text(d['by']) == 'run'\n"
    "assert list(data['split'][:6]) == [0, 0, 1, 0, 0, 1] and list(np.bincount(data['split'])) == [50, 7, 10]\n"
    "print('all is well')\n";

static void check_script(const vae_model_spec *spec, const char *text)
{
    folder_make();
    vae_training *saved = make_training(spec);
    ck_assert_status_ok(vae_checkpoint_save(saved, path_of("a.h5")));
    vae_training_free(&saved);
    FILE *file = fopen(path_of("b.h5"), "w");
    fputs(text, file);
    fclose(file);
    if (there_is("/usr/bin/python3 -c 'import h5py'")) {
        char line[160];
        snprintf(line, sizeof line, "/usr/bin/python3 %s", path_of("b.h5"));
        check_tool(line, "all is well");
    }
    folder_remove();
}

START_TEST(test_h5py)
{
    check_script(&small_cvae, script);
    check_script(&small_rich, rich_script);
}
END_TEST

/* ---- What the system refuses ------------------------------------------------------------------------------------- */

START_TEST(test_failing_system)
{
    static const struct {
        system_kind kind;
        int error;
    } kinds[] = { { SYSTEM_OPEN, EACCES },
                  { SYSTEM_WRITE, ENOSPC },
                  { SYSTEM_SYNC, EIO },
                  { SYSTEM_CLOSE, EIO },
                  { SYSTEM_RENAME, EROFS } };
    folder_make();
    vae_training *saved = make_training(&small_cvae), *loaded = NULL;
    ck_assert_status_ok(vae_checkpoint_save(saved, path_of("a.h5")));
    int64_t before = saved->step;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        int refused = 0;
        for (long n = 1;; n++) {
            step_on(saved);
            system_reset();
            system_fail(kinds[i].kind, n, kinds[i].error, false);
            vae_status status = vae_checkpoint_save(saved, path_of("a.h5"));
            long asked = system_count(kinds[i].kind);
            system_reset();
            ck_assert_int_eq(access(path_of("a.h5.tmp"), F_OK), -1);
            ck_assert_status_ok(vae_checkpoint_load(path_of("a.h5"), NULL, &loaded));
            ck_assert(loaded->step == before || loaded->step == saved->step);
            /* the folder's own sync comes when the new file is in its place, and its close does not matter */
            ck_assert(!status.code || loaded->step == before || kinds[i].kind == SYSTEM_SYNC ||
                      kinds[i].kind == SYSTEM_OPEN);
            ck_assert(status.code || loaded->step == saved->step);
            before = loaded->step;
            vae_training_free(&loaded);
            ck_assert(!status.code || status.code == VAE_ERROR_FILE);
            refused += status.code == VAE_ERROR_FILE;
            if (asked < n)
                break;
        }
        ck_assert_int_gt(refused, 0);
    }
    vae_training_free(&saved);
    folder_remove();
}
END_TEST

START_TEST(test_failing_allocation)
{
    folder_make();
    vae_training *saved = make_training(&small_rich), *loaded = NULL;
    ck_assert_status_ok(vae_checkpoint_save(saved, path_of("a.h5")));
    ck_assert_status_ok(vae_checkpoint_load(path_of("a.h5"), NULL, &loaded));
    vae_training_free(&loaded);
    identifiers mark = identifiers_mark();
    long outstanding = system_outstanding(), asked = 1;
    for (long n = 1; asked >= n - 1; n++) {
        system_reset();
        system_fail(SYSTEM_ALLOCATE, n, 0, false);
        vae_status status = vae_checkpoint_save(saved, path_of("a.h5"));
        asked = system_count(SYSTEM_ALLOCATE);
        ck_assert_int_eq(status.code, n <= asked ? VAE_ERROR_MEMORY : VAE_OK);
        ck_assert_int_eq(system_outstanding(), outstanding);
        assert_none_left(mark);
    }
    asked = 1;
    for (long n = 1; asked >= n - 1; n++) {
        system_reset();
        system_fail(SYSTEM_ALLOCATE, n, 0, false);
        vae_status status = vae_checkpoint_load(path_of("a.h5"), NULL, &loaded);
        asked = system_count(SYSTEM_ALLOCATE);
        ck_assert_int_eq(status.code, n <= asked ? VAE_ERROR_MEMORY : VAE_OK);
        ck_assert(!loaded == (status.code != VAE_OK));
        vae_training_free(&loaded);
        ck_assert_int_eq(system_outstanding(), outstanding);
        assert_none_left(mark);
    }
    ck_assert_int_gt(asked, 50);
    system_reset();
    vae_training_free(&saved);
    folder_remove();
}
END_TEST

/* ---- Manners ----------------------------------------------------------------------------------------------------- */

static herr_t host_print(hid_t stack, void *data)
{
    (void)stack;
    ++*(int *)data;
    return 0;
}

static herr_t old_print(void *data)
{
    ++*(int *)data;
    return 0;
}

static void use_everything(void)
{
    vae_training *saved = make_training(&small_cvae), *loaded = NULL;
    ck_assert_status_ok(vae_checkpoint_save(saved, path_of("a.h5")));
    ck_assert_status_ok(vae_checkpoint_load(path_of("a.h5"), NULL, &loaded));
    vae_training_free(&saved);
    vae_training_free(&loaded);
    FILE *file = fopen(path_of("a.h5"), "r+b");
    ck_assert_int_eq(fseek(file, 40, SEEK_SET), 0);
    fputs("damage", file);
    fclose(file);
    ck_assert_int_eq(vae_checkpoint_load(path_of("a.h5"), NULL, &loaded).code, VAE_ERROR_FORMAT);
}

START_TEST(test_host_untouched)
{
    folder_make();
    int printed = 0;
    unsigned plugins_before = 0, plugins_after = 0;
    H5E_auto2_t now = NULL;
    void *data = NULL;
    H5Eset_auto2(H5E_DEFAULT, host_print, &printed);
    ck_assert_int_ge(H5PLget_loading_state(&plugins_before), 0);
    identifiers mark = identifiers_mark();
    use_everything();
    ck_assert_int_ge(H5Eget_auto2(H5E_DEFAULT, &now, &data), 0);
    ck_assert(now == host_print && data == &printed);
    ck_assert_int_eq(printed, 0);
    ck_assert_int_ge(H5PLget_loading_state(&plugins_after), 0);
    ck_assert_uint_eq(plugins_before, plugins_after);
    ck_assert_uint_ne(plugins_after, 0);
    assert_none_left(mark);
    H5Eset_auto1(old_print, &printed);
    use_everything();
    H5E_auto1_t old = NULL;
    ck_assert_int_ge(H5Eget_auto1(&old, &data), 0);
    ck_assert(old == old_print && data == &printed);
    ck_assert_int_eq(printed, 0);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    folder_remove();
}
END_TEST

/* Each thread has a file of its own and loads it again and again. */
enum { THREADS = 4, LOADS = 10 };

typedef struct loader {
    char path[160];
    int64_t step;
    int wrong;
} loader;

static void *load_often(void *context)
{
    loader *one = context;
    for (int i = 0; i < LOADS; i++) {
        vae_training *loaded = NULL;
        if (vae_checkpoint_load(one->path, NULL, &loaded).code || loaded->step != one->step ||
            vae_checkpoint_save(loaded, one->path).code)
            one->wrong++;
        vae_training_free(&loaded);
    }
    return NULL;
}

START_TEST(test_threads)
{
    hbool_t safe = 0;
    unsigned plugins = 0;
    loader loaders[THREADS] = { { "", 0, 0 } };
    pthread_t threads[THREADS];
    if (H5is_library_threadsafe(&safe) < 0 || !safe) {
        printf("skipped: libhdf5 is not built thread-safe\n");
        return;
    }
    folder_make();
    for (int i = 0; i < THREADS; i++) {
        vae_training *saved = make_training(&small_cvae);
        snprintf(loaders[i].path, sizeof loaders[i].path, "%s.%d", path_of("a.h5"), i);
        for (int k = 0; k < i; k++)
            step_on(saved);
        loaders[i].step = saved->step;
        ck_assert_status_ok(vae_checkpoint_save(saved, loaders[i].path));
        vae_training_free(&saved);
    }
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, load_often, &loaders[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_int_eq(loaders[i].wrong, 0);
        remove(loaders[i].path);
    }
    ck_assert_int_ge(H5PLget_loading_state(&plugins), 0);
    ck_assert_uint_ne(plugins, 0);
    folder_remove();
}
END_TEST

int main(void)
{
    const TTest *const kept[] = { test_round_trip,      test_nothing_yet,       test_places,
                                  test_no_splits,       test_long_command_line, test_questions,
                                  test_history_refuses, test_arguments,         NULL };
    const TTest *const brought[] = { test_old_files, test_fill_values, test_built_by_program, test_brought_words,
                                     NULL };
    const TTest *const tools[] = { test_tools, test_h5py, NULL };
    const TTest *const refused[] = { test_failing_system, test_failing_allocation, NULL };
    const TTest *const manners[] = { test_host_untouched, test_threads, NULL };
    Suite *suite = suite_create("checkpoint");
    suite_case(suite, "kept", 60, kept);
    suite_case(suite, "brought", 60, brought);
    suite_case(suite, "tools", 120, tools);
    suite_case(suite, "refused", 120, refused);
    suite_case(suite, "manners", 60, manners);
    return suite_run(suite);
}
