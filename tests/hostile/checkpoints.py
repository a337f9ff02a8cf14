"""Checkpoints that mean harm, each from a genuine one."""
import ctypes
import os
import shutil
import struct
import zlib

import h5py
import numpy as np

from common import (PLANTED, UNKNOWN, WEIGHT, checkpoint, checkpoints, deflated_twice, folder, hdf5,
                    identifier, integer, later, layout_with, only_slow, path_of, put, put_low, slow, string,
                    vast, write_bytes, zeros_without_end)

# ---- Links -----------------------------------------------------------------------------------------------------------

@checkpoint
def external_link(file):
    del file[WEIGHT]
    file[WEIGHT] = h5py.ExternalLink('elsewhere.h5', WEIGHT)


@checkpoint
def external_group(file):
    del file['model']
    file['model'] = h5py.ExternalLink('elsewhere.h5', '/model')


@checkpoint
def external_link_by_full_path(file):
    del file['parameters']
    file['parameters'] = h5py.ExternalLink(os.path.abspath(os.path.join(folder, 'elsewhere.h5')), '/parameters')


@checkpoint
def external_link_to_a_device(file):
    del file['state']
    file['state'] = h5py.ExternalLink('/dev/zero', '/state')


@checkpoint
def soft_link(file):
    file.move(WEIGHT, '/elsewhere')
    file[WEIGHT] = h5py.SoftLink('/elsewhere')


@checkpoint
def soft_links_in_a_circle(file):
    del file['training']
    file['training'] = h5py.SoftLink('/other')
    file['other'] = h5py.SoftLink('/training')


@checkpoint
def soft_link_to_itself(file):
    del file['model']
    file['model'] = h5py.SoftLink('/model')


class LinkClass(ctypes.Structure):
    _fields_ = [('version', ctypes.c_int), ('id', ctypes.c_int), ('comment', ctypes.c_char_p), ('create', ctypes.c_void_p),
                ('move', ctypes.c_void_p), ('copy', ctypes.c_void_p), ('traverse', ctypes.c_void_p),
                ('delete', ctypes.c_void_p), ('query', ctypes.c_void_p)]


traverse = ctypes.CFUNCTYPE(identifier, ctypes.c_char_p, identifier, ctypes.c_void_p, ctypes.c_size_t, identifier)(
    lambda *_: -1)


@checkpoint
def user_link(file):
    kind = LinkClass(1, 187, b'planted', None, None, None, ctypes.cast(traverse, ctypes.c_void_p), None, None)
    assert hdf5.H5Lregister(ctypes.byref(kind)) >= 0
    del file[WEIGHT]
    assert hdf5.H5Lcreate_ud(identifier(file.id.id), WEIGHT.encode(), 187, b'elsewhere.h5', ctypes.c_size_t(13),
                             identifier(0), identifier(0)) >= 0


@checkpoint
def group_in_itself(file):
    file['parameters/encoder/encoder'] = file['parameters/encoder']


@checkpoint
def root_as_parameters(file):
    del file['parameters']
    file['parameters'] = file['/']


@checkpoint
def root_in_parameters(file):
    file['parameters/encoder/0/root'] = file['/']


@checkpoint
def harmless_root_in_root(file):
    file['again'] = file['/']


@checkpoint
def one_dataset_for_all(file):
    for name in ('first_moment', 'second_moment'):
        del file['optimizer/' + name]
        file['optimizer/' + name] = file['parameters/encoder']


@checkpoint
def name_with_escapes(file):
    file.create_dataset('parameters/encoder/\n\x1b[31m\x07red', data=np.zeros(3, '<f4'))


@checkpoint
def name_of_a_path(file):
    group = file.create_group('parameters/encoder/..')
    group.create_dataset('weight', data=np.zeros(3, '<f4'))


@checkpoint
def long_name(file):
    file.create_dataset('parameters/' + 'n' * 60000, data=np.zeros(3, '<f4'))


@checkpoint
def many_links(file):
    group = file['parameters/encoder/0']
    for i in range(20000):
        group['a%d' % i] = group['bias']


@checkpoint
def deep_groups(file):
    group = file['parameters/encoder']
    for _ in range(3000):
        group = group.create_group('encoder')


@only_slow
@checkpoint
def very_many_links(file):
    group = file['parameters']
    for i in range(1000000):
        group['a%d' % i] = group['encoder']


# ---- Where values are stored -----------------------------------------------------------------------------------------

@checkpoint
def external_storage(file):
    put(file, WEIGHT, shape=(784, 8), dtype='<f4', external=[('elsewhere.bin', 0, 784 * 8 * 4)])


@checkpoint
def external_storage_of_a_device(file):
    put(file, WEIGHT, shape=(784, 8), dtype='<f4', external=[('/dev/zero', 0, 784 * 8 * 4)])


@checkpoint
def virtual_dataset(file):
    layout = h5py.VirtualLayout((784, 8), '<f4')
    layout[:] = h5py.VirtualSource('elsewhere.h5', WEIGHT, (784, 8))
    del file[WEIGHT]
    file.create_virtual_dataset(WEIGHT, layout)


@checkpoint
def virtual_history(file):
    layout = h5py.VirtualLayout((1,), '<f8')
    layout[:] = h5py.VirtualSource('elsewhere.h5', 'history/step', (1,))
    del file['history/epoch']
    file.create_virtual_dataset('history/epoch', layout)


@checkpoint
def unknown_filter(file):
    put_low(file, WEIGHT, h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((784, 8)), layout_with(UNKNOWN))


@checkpoint
def planted_filter(file):
    made = put_low(file, WEIGHT, h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((784, 8)), layout_with(PLANTED))
    h5py.Dataset(made)[...] = 1


@checkpoint
def planted_filter_of_levels(file):
    put_low(file, 'fields/digit/levels', h5py.h5t.STD_I64LE, h5py.h5s.create_simple((10,)),
            layout_with(PLANTED, chunk=(10,)))


@checkpoint
def planted_filter_of_history(file):
    put_low(file, 'history/step', h5py.h5t.IEEE_F64LE, h5py.h5s.create_simple((1,)), layout_with(PLANTED, chunk=(1,)))


@checkpoint
def filter_of_libhdf5s_own(file):
    put(file, WEIGHT, data=np.ones((784, 8), '<f4'), chunks=(784, 8), scaleoffset=3)


@checkpoint
def thirty_filters(file):
    put_low(file, WEIGHT, h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((784, 8)),
            layout_with(*[h5py.h5z.FILTER_SHUFFLE] * 30, UNKNOWN))


def filter_group(file, name, number):
    """The group anew, its links in a heap that goes through a filter."""
    creation = h5py.h5p.create(h5py.h5p.GROUP_CREATE)
    assert hdf5.H5Pset_link_phase_change(identifier(creation.id), 0, 0) >= 0
    assert hdf5.H5Pset_filter(identifier(creation.id), number, 1, ctypes.c_size_t(0), None) >= 0
    file.move(name, '/moved')
    made = h5py.Group(h5py.h5g.create(file.id, name.encode(), gcpl=creation))
    for key in file['moved']:
        made[key] = file['moved'][key]
    for key in file['moved'].attrs:
        made.attrs[key] = file['moved'].attrs[key]
    del file['moved']


@checkpoint
def filtered_group(file):
    filter_group(file, '/parameters', UNKNOWN)


@checkpoint
def planted_group_filter(file):
    filter_group(file, '/parameters', PLANTED)


@checkpoint
def planted_inner_group_filter(file):
    filter_group(file, '/optimizer/first_moment/encoder', PLANTED)


@checkpoint
def planted_history_group_filter(file):
    filter_group(file, '/history', PLANTED)


# ---- Shapes ----------------------------------------------------------------------------------------------------------

@checkpoint
def vast_weight_in_chunks(file):
    vast(file, WEIGHT, h5py.h5t.IEEE_F32LE, (10**9, 10**9), (1000, 1000))


@checkpoint
def vast_weight(file):
    vast(file, WEIGHT, h5py.h5t.IEEE_F32LE, (10**9, 10**9))


@checkpoint
def vast_history(file):
    for name in ('step', 'epoch'):
        vast(file, 'history/' + name, h5py.h5t.IEEE_F64LE, (10**18,), (1 << 20,))


@checkpoint
def vast_levels(file):
    vast(file, 'fields/digit/levels', h5py.h5t.STD_I64LE, (10**18,), (1 << 20,))


@checkpoint
def vast_sources(file):
    kind = h5py.h5t.C_S1.copy()
    kind.set_size(60000)
    vast(file, 'data/sources', kind, (10**9,), (100,))


@checkpoint
def vast_chunk(file):
    vast(file, WEIGHT, h5py.h5t.IEEE_F32LE, (784, 8), (784, 8))
    layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    layout.set_chunk((30000, 30000))
    layout.set_deflate(1)
    put_low(file, WEIGHT, h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((784, 8), (h5py.h5s.UNLIMITED,) * 2), layout)


@checkpoint
def vast_split(file):
    file['data'].attrs.create('examples', [4 * 10**9, 0, 0], dtype='<i8')
    vast(file, 'data/split', h5py.h5t.STD_U8LE, (4 * 10**9,), (1 << 20,))


@checkpoint
def split_deflated_twice(file):
    rows = 100 << 20
    file['data'].attrs.create('examples', [rows, 0, 0], dtype='<i8')
    deflated_twice(file, 'data/split', (rows,), h5py.h5t.STD_U8LE, (rows // 4,))


@checkpoint
def split_deflated(file):
    rows = 600 << 20
    file['data'].attrs.create('examples', [rows, 0, 0], dtype='<i8')
    integer(file, 'training', 'batch_size', 20)
    split = put(file, 'data/split', shape=(rows,), dtype='u1', chunks=(60 << 20,), compression=9)
    piece = zlib.compress(b'\0' * (60 << 20), 9)
    for begin in range(0, rows, 60 << 20):
        split.id.write_direct_chunk((begin,), piece)


@checkpoint
def chunk_that_ends_early(file):
    made = put(file, WEIGHT, data=np.ones((784, 8), '<f4'), chunks=(784, 8), compression=9)
    made.attrs.create('crc32', 0, dtype='<u4')
    made.id.write_direct_chunk((0, 0), made.id.read_direct_chunk((0, 0))[1][:20])


@checkpoint
def chunk_that_goes_on(file):
    """Zeros without end where 25 KB are told."""
    made = put(file, WEIGHT, data=np.ones((784, 8), '<f4'), chunks=(784, 8), compression=9)
    made.attrs.create('crc32', 0, dtype='<u4')
    made.id.write_direct_chunk((0, 0), zeros_without_end())


@checkpoint
def no_dimensions(file):
    put(file, WEIGHT, data=np.float32(1))


@checkpoint
def no_space(file):
    put(file, WEIGHT, data=h5py.Empty('<f4'))


@checkpoint
def thirty_two_dimensions(file):
    put(file, WEIGHT, data=np.ones((1,) * 32, '<f4'))


# ---- Types -----------------------------------------------------------------------------------------------------------

def weight_of(kind):
    def make(file):
        put_low(file, WEIGHT, kind(file), h5py.h5s.create_simple((784, 8)), h5py.h5p.create(h5py.h5p.DATASET_CREATE))
    return make


def odd_integer(_):
    kind = h5py.h5t.STD_I64LE.copy()
    kind.set_precision(13)
    return kind


def committed(file):
    kind = h5py.h5t.IEEE_F32LE.copy()
    kind.commit(file.id, b'kind')
    return kind


def nested(file):
    kind = h5py.h5t.IEEE_F32LE.copy()
    for _ in range(20):
        outer = h5py.h5t.create(h5py.h5t.COMPOUND, kind.get_size())
        outer.insert(b'inner', 0, kind)
        kind = outer
    return kind


for name, kind in {
        'double': lambda _: h5py.h5t.IEEE_F64LE, 'big_end': lambda _: h5py.h5t.IEEE_F32BE,
        'half': lambda _: h5py.h5t.IEEE_F16LE, 'bits': lambda _: h5py.h5t.STD_B32LE,
        'odd_integer': odd_integer, 'compound': nested,
        'opaque': lambda _: h5py.h5t.create(h5py.h5t.OPAQUE, 4),
        'enumeration': lambda _: h5py.h5t.py_create(h5py.enum_dtype({'a': 1}, '<i4'), logical=True),
        'array': lambda _: h5py.h5t.array_create(h5py.h5t.IEEE_F32LE, (1,)),
        'variable_list': lambda _: h5py.h5t.vlen_create(h5py.h5t.IEEE_F32LE),
        'variable_string': lambda _: h5py.h5t.py_create(h5py.string_dtype(), logical=True),
        'reference': lambda _: h5py.h5t.STD_REF_OBJ, 'region': lambda _: h5py.h5t.STD_REF_DSETREG,
        'string': lambda _: h5py.h5t.py_create(np.dtype('S4')), 'harmless_committed': committed}.items():
    function = weight_of(kind)
    function.__name__ = 'harmless_type_committed' if kind is committed else 'type_' + name
    checkpoint(function)


@checkpoint
def group_for_dataset(file):
    del file[WEIGHT]
    file.create_group(WEIGHT)


@checkpoint
def type_for_dataset(file):
    del file[WEIGHT]
    file[WEIGHT] = np.dtype('<f4')


@checkpoint
def dataset_for_group(file):
    del file['model']
    file['model'] = np.zeros(3)


# ---- Attributes ------------------------------------------------------------------------------------------------------

def attribute_of(kind, value):
    def make(file):
        del file['training'].attrs['epoch']
        owner = file['training'].id
        h5py.h5a.create(owner, b'epoch', kind(file), h5py.h5s.create(h5py.h5s.SCALAR))
        if value is not None:
            h5py.h5a.open(owner, b'epoch').write(value)
    return make


for name, (kind, value) in {
        'variable_string': (lambda _: h5py.h5t.py_create(h5py.string_dtype(), logical=True), None),
        'variable_list': (lambda _: h5py.h5t.vlen_create(h5py.h5t.STD_I64LE), None),
        'reference': (lambda _: h5py.h5t.STD_REF_OBJ, None), 'region': (lambda _: h5py.h5t.STD_REF_DSETREG, None),
        'compound': (nested, None), 'committed': (committed, None),
        'double': (lambda _: h5py.h5t.IEEE_F64LE, None), 'big_end': (lambda _: h5py.h5t.STD_I64BE, None),
        'array': (lambda _: h5py.h5t.array_create(h5py.h5t.STD_I64LE, (1,)), None)}.items():
    function = attribute_of(kind, value)
    function.__name__ = 'attribute_' + name
    checkpoint(function)


@checkpoint
def attribute_name_variable(file):
    file['model'].attrs['name'] = 'cvae'


@checkpoint
def attribute_crc_variable(file):
    file[WEIGHT].attrs['crc32'] = 'x' * 1000


@checkpoint
def attribute_list_for_number(file):
    file['training'].attrs['epoch'] = np.ones(100, '<i8')


@checkpoint
def harmless_attribute_of_60_kb(file):
    string(file, '/model', 'name', b'a' * 60000)


def in_heap(function):
    """Of the format that has attributes of any size."""
    function.latest = True
    return function


@checkpoint
@in_heap
def attribute_of_4_mb(file):
    string(file, '/model', 'name', b'a' * (4 << 20))


@checkpoint
@in_heap
def attribute_list_of_4_mb(file):
    file['model'].attrs.create('latent_sizes', np.ones(4 << 17, '<i8'))


@checkpoint
@in_heap
def attribute_texts_of_4_mb(file):
    file['model'].attrs.create('conditions', np.full(16, b'd', dtype='S%d' % (1 << 18)))


@checkpoint
@in_heap
def harmless_many_attributes(file):
    for i in range(5000):
        file['model'].attrs['a%d' % i] = i


@only_slow
@checkpoint
@in_heap
def harmless_very_many_attributes(file):
    for i in range(100000):
        file['model'].attrs['a%d' % i] = i


@checkpoint
def string_without_end(file):
    string(file, '/model', 'encoder', b'dense 8 relu' * 4000, padding=h5py.h5t.STR_NULLTERM)


@checkpoint
def harmless_string_without_end(file):
    string(file, '/model', 'name', b'cvae', padding=h5py.h5t.STR_NULLTERM)


@checkpoint
def string_of_escapes(file):
    string(file, '/model', 'encoder', b'\x1b[2J\x07\nvae: all is well\r')


@checkpoint
def string_of_formats(file):
    string(file, '/model', 'likelihood', b'%n%s%n%s')
    string(file, '/fields/x', 'likelihood', b'%n%n%s%s%s')


# ---- What is declared ------------------------------------------------------------------------------------------------

def declared(name, place, text):
    def make(file):
        string(file, place, name, text)
    return make


for name, text in {'wide_layer': b'dense 1000000000 relu', 'widest_layer': b'dense 2147483647 relu',
                   'wide_layers': b', '.join([b'dense 100000 relu'] * 32), 'deep': b', '.join([b'dense 8 relu'] * 2000),
                   'number': b'dense 1e300 relu', 'digits': b'dense ' + b'9' * 50000,
                   'large_layer': b'dense 60000 relu', 'no_layer': b'dense 0 relu', 'commas': b',' * 60000}.items():
    function = declared('encoder', '/model', text)
    function.__name__ = 'encoder_' + name
    checkpoint(function)


# Conditions, priors and latents that make no sense, or that would take all memory.
for name, place, attribute, text in (
        ('part_of_x_with_levels', '/fields/digit', 'of_x', b'quadrants 1'),
        ('part_of_x_far_away', '/fields/digit', 'of_x', b'columns 999999 999999'),
        ('part_of_x_unknown', '/fields/digit', 'of_x', b'%n%s' * 1000),
        ('enters_far', '/fields/digit', 'enters', b'encoder 2000000000'),
        ('enters_often', '/fields/digit', 'enters', b', '.join([b'encoder'] * 2000)),
        ('enters_nothing', '/fields/digit', 'enters', b' '),
        ('layers_of_its_own', '/fields/digit', 'layers', b'dense 1000000 relu, dense 1000000 relu'),
        ('encoder_layers_of_its_own', '/fields/digit', 'encoder_layers', b'dense 60000 relu, dense 60000 relu'),
        ('layers_without_end', '/fields/digit', 'decoder_layers', b', '.join([b'dense 8'] * 2000)),
        ('prior_learned', '/model', 'prior', b'gaussian'),
        ('prior_layers', '/model', 'prior_layers', b'dense 1000000 relu, dense 1000000 relu'),
        ('latent_layers_of_none', '/model', 'latent3_encoder', b'dense 8 relu'),
        ('no_objective', '/model', 'objective', b'none')):
    function = declared(attribute, place, text)
    function.__name__ = name
    checkpoint(function)


@checkpoint
def wide_hierarchy(file):
    file['model'].attrs.create('latent_sizes', [2, 100000, 100000, 100000], dtype='<i8')
    string(file, '/model', 'latent2_encoder', b'dense 100000')
    string(file, '/model', 'latent4_decoder', b'dense 1000000')


@checkpoint
def no_latents(file):
    del file['model'].attrs['latent_sizes']


@checkpoint
def million_latents(file):
    file['model'].attrs.create('latent_sizes', [1000000], dtype='<i8')


@checkpoint
def most_latents(file):
    file['model'].attrs.create('latent_sizes', [2**31 - 1], dtype='<i8')


@checkpoint
def hundred_thousand_latents(file):
    file['model'].attrs.create('latent_sizes', [100000], dtype='<i8')


@checkpoint
def wide_x(file):
    file['fields/x'].attrs.create('shape', [2**31 - 1], dtype='<i8')
    string(file, '/fields/x', 'kind', b'values')


@checkpoint
def wide_image(file):
    file['fields/x'].attrs.create('shape', [2**31 - 1, 2**31 - 1], dtype='<i8')


@checkpoint
def million_classes(file):
    integer(file, '/fields/digit', 'classes', 10**6)
    put(file, 'fields/digit/levels', data=np.arange(10**6), compression=9)


@checkpoint
def wide_condition(file):
    owner = file['fields/digit'].attrs
    string(file, '/fields/digit', 'kind', b'values')
    string(file, '/fields/digit', 'transform', b'standardize')
    owner.create('shape', [2**31 - 1], dtype='<i8')
    owner.create('size', 2**31 - 1, dtype='<i8')


@checkpoint
def many_conditions(file):
    file['model'].attrs.create('conditions', [b'c%d' % i for i in range(1000)], dtype='S60')


@checkpoint
def many_sources(file):
    put(file, 'data/sources', data=np.full(1000001, b'digits', dtype='S6'), compression=9)


@checkpoint
def negative_rows(file):
    file['data'].attrs.create('examples', [-1, 0, 0], dtype='<i8')


@checkpoint
def wrong_checksum(file):
    file[WEIGHT][3, 3] += 1


@checkpoint
def wrong_checksum_of_split(file):
    file['data/split'].attrs.create('crc32', 1, dtype='<u4')


# ---- Bytes -----------------------------------------------------------------------------------------------------------

def make_bytes():
    good = open(os.path.join(folder, 'good.h5'), 'rb').read()
    cuts = 200 if slow else 24
    for i in range(cuts):
        write_bytes('checkpoint-cut-%03d.h5' % i, good[:len(good) * i // cuts])
    write_bytes('checkpoint-user-block.h5', b'#!/bin/sh\n'.ljust(512, b'\n') + good)
    write_bytes('checkpoint-text.h5', b'format = libvae checkpoint\n' * 100)
    write_bytes('checkpoint-signature-alone.h5', good[:8])
    write_bytes('checkpoint-harmless-more-behind.h5', good + b'\0' * 5000)
    for version in (0, 1, 3, 4, 255):
        write_bytes('checkpoint-superblock-%d.h5' % version, good[:8] + bytes([version]) + good[9:])
    for sizes in (b'\0\0', b'\2\2', b'\x20\x20', b'\xff\xff'):
        write_bytes('checkpoint-sizes-%d.h5' % sizes[0], good[:9] + sizes + good[11:])
    far = struct.pack('<Q', 2**63)
    for place in (12, 20, 28, 36):
        write_bytes('checkpoint-address-%d.h5' % place, good[:place] + far + good[place + 8:])
    write_bytes('checkpoint-zeros.h5', good[:48] + b'\0' * (len(good) - 48))
    write_bytes('checkpoint-ones.h5', good[:48] + b'\xff' * (len(good) - 48))


def make_checkpoints():
    good = os.path.join(folder, 'good.h5')
    shutil.copy(good, os.path.join(folder, 'elsewhere.h5'))
    write_bytes('elsewhere.bin', b'\0' * (784 * 8 * 4))
    for function in checkpoints:
        if function in later and not slow:
            continue
        path = path_of('checkpoint', function, '.h5')
        shutil.copy(good, path)
        with h5py.File(path, 'r+', libver='latest' if getattr(function, 'latest', False) else ('earliest', 'latest')) as file:
            function(file)
    with h5py.File(os.path.join(folder, 'checkpoint-of-another-program.h5'), 'w') as file:
        file['x'] = np.zeros((10, 10))
        file.attrs['format'] = 'somebody else'
    # The format of today, by which all of it is laid out anew.
    with h5py.File(good, 'r') as file, \
            h5py.File(os.path.join(folder, 'checkpoint-harmless-latest.h5'), 'w', libver='latest') as other:
        for name in file:
            file.copy(name, other)
        for name in file.attrs:
            other.attrs[name] = file.attrs[name]
