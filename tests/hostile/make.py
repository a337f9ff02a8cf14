"""Makes files that mean harm: checkpoints from a genuine one, and data.

    make.py FOLDER [--slow]

FOLDER/good.h5 is a checkpoint of cvae with one hidden layer of 8. Each function below makes a file of its name; what a
careful reader may as well find nothing wrong with is called harmless_*. FOLDER/elsewhere.h5 and elsewhere.bin are what
files try to have opened. libhdf5 itself is called where h5py has no name for a thing.
"""
import ctypes
import gzip
import io
import os
import re
import shutil
import struct
import sys
import zlib

import h5py
import numpy as np

folder, slow = sys.argv[1], '--slow' in sys.argv
WEIGHT, BIAS = '/parameters/encoder/0/weight', '/parameters/encoder/0/bias'
PLANTED = 512  # the filter of tests/hostile/plugin.c
UNKNOWN = 32099
checkpoints, datas, later = [], [], []

library = next(line.split()[-1] for line in open('/proc/self/maps') if re.search(r'libhdf5(_serial)?(-[0-9a-f]+)?\.so', line))
hdf5 = ctypes.CDLL(library)
identifier = ctypes.c_int64


def checkpoint(function):
    checkpoints.append(function)
    return function


def data(ending):
    def add(function):
        datas.append((function, ending))
        return function
    return add


def only_slow(function):
    later.append(function)
    return function


def path_of(kind, function, ending):
    return os.path.join(folder, '%s-%s%s' % (kind, function.__name__.replace('_', '-'), ending))


def put(file, name, **settings):
    """In place of what is there."""
    if name in file:
        attributes = dict(file[name].attrs)
        del file[name]
    else:
        attributes = {}
    made = file.create_dataset(name, **settings)
    for key in attributes:
        made.attrs[key] = attributes[key]
    return made


def put_low(file, name, kind, space, layout, attributes=True):
    if name in file:
        del file[name]
    made = h5py.h5d.create(file.id, name.encode(), kind, space, layout)
    if attributes:
        dataset = h5py.Dataset(made)
        dataset.attrs.create('crc32', 0, dtype='<u4')
    return made


def layout_with(*filters, chunk=None):
    layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    layout.set_chunk(chunk or (784, 8))
    for number in filters:
        layout.set_filter(number, h5py.h5z.FLAG_OPTIONAL)
    return layout


def string(file, place, name, text, width=None, padding=h5py.h5t.STR_NULLPAD):
    kind = h5py.h5t.C_S1.copy()
    kind.set_size(width or len(text))
    kind.set_strpad(padding)
    owner = file[place].id
    if h5py.h5a.exists(owner, name.encode()):
        h5py.h5a.delete(owner, name.encode())
    attribute = h5py.h5a.create(owner, name.encode(), kind, h5py.h5s.create(h5py.h5s.SCALAR))
    attribute.write(np.array(text, dtype='S%d' % (width or len(text))), mtype=kind)


def integer(file, place, name, value):
    file[place].attrs.create(name, value, dtype='<i8')


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

def vast(file, name, kind, shape, chunk=None):
    layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    if chunk:
        layout.set_chunk(chunk)
    else:
        layout.set_alloc_time(h5py.h5d.ALLOC_TIME_LATE)
    put_low(file, name, kind, h5py.h5s.create_simple(shape), layout)


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


def deflated_twice(file, name, shape, kind, chunk):
    layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    layout.set_chunk(chunk)
    layout.set_deflate(9)
    layout.set_filter(h5py.h5z.FILTER_DEFLATE, h5py.h5z.FLAG_MANDATORY, (9,))
    made = put_low(file, name, kind, h5py.h5s.create_simple(shape), layout)
    once = zlib.compress(b'\0' * int(np.prod(chunk)), 9)
    for begin in range(0, shape[0], chunk[0]):
        made.write_direct_chunk((begin,) + (0,) * (len(shape) - 1), zlib.compress(once, 9))


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


def zeros_without_end():
    packer = zlib.compressobj(9)
    piece = b'\0' * (16 << 20)
    return b''.join([packer.compress(piece) for _ in range(56)] + [packer.flush()])


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
def attribute_of_60_kb(file):
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

def write_bytes(name, content):
    with open(os.path.join(folder, name), 'wb') as file:
        file.write(content)


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


# ---- HDF5 data -------------------------------------------------------------------------------------------------------

@data('.h5')
def hdf5_external_link(file):
    file['x'] = h5py.ExternalLink('elsewhere.h5', WEIGHT)


@data('.h5')
def hdf5_external_storage(file):
    file.create_dataset('x', shape=(784, 8), dtype='<f4', external=[('elsewhere.bin', 0, 784 * 8 * 4)])


@data('.h5')
def hdf5_virtual(file):
    layout = h5py.VirtualLayout((784, 8), '<f4')
    layout[:] = h5py.VirtualSource('elsewhere.h5', WEIGHT, (784, 8))
    file.create_virtual_dataset('x', layout)


@data('.h5')
def hdf5_soft_links_in_a_circle(file):
    file['x'] = h5py.SoftLink('/y')
    file['y'] = h5py.SoftLink('/x')


@data('.h5')
def hdf5_harmless_group_in_itself(file):
    file.create_group('a/b')
    file['a/b/a'] = file['a']
    file['a/b/root'] = file['/']
    file['a/y'] = np.zeros((4, 2))


@data('.h5')
def hdf5_x_is_a_group(file):
    file['x/x'] = file.create_group('y')


@data('.h5')
def hdf5_unknown_filter(file):
    put_low(file, 'x', h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((784, 8)), layout_with(UNKNOWN))


@data('.h5')
def hdf5_vast_in_chunks(file):
    vast(file, 'x', h5py.h5t.IEEE_F32LE, (10**9, 10**9), (1000, 1000))


@data('.h5')
def hdf5_vast(file):
    vast(file, 'x', h5py.h5t.IEEE_F32LE, (10**9, 10**9))


@data('.h5')
def hdf5_many_rows(file):
    vast(file, 'x', h5py.h5t.STD_U8LE, (10**9, 1), (1 << 20, 1))


@data('.h5')
def hdf5_many_rows_in_one_piece(file):
    vast(file, 'x', h5py.h5t.STD_U8LE, (4 * 10**9, 1))


@data('.h5')
def hdf5_vast_chunk(file):
    layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    layout.set_chunk((1 << 30,))
    layout.set_deflate(1)
    made = put_low(file, 'x', h5py.h5t.STD_U8LE, h5py.h5s.create_simple((10,), (h5py.h5s.UNLIMITED,)), layout)
    made.write_direct_chunk((0,), zlib.compress(b'\0' * 1000))


@data('.h5')
def hdf5_deflated_twice(file):
    deflated_twice(file, 'x', (1 << 30, 1), h5py.h5t.STD_U8LE, (1 << 26, 1))


@data('.h5')
def hdf5_chunk_that_goes_on(file):
    made = file.create_dataset('x', data=np.ones((784, 8), '<f4'), chunks=(784, 8), compression=9)
    made.id.write_direct_chunk((0, 0), zeros_without_end())


@data('.h5')
def hdf5_compound(file):
    file['x'] = np.zeros(4, [('x', '<f4'), ('y', '<f4')])


@data('.h5')
def hdf5_variable_lists(file):
    file.create_dataset('x', (4,), h5py.vlen_dtype('<f4'))


@data('.h5')
def hdf5_references(file):
    file.create_dataset('x', (4,), h5py.ref_dtype)


@data('.h5')
def hdf5_variable_strings(file):
    file.create_dataset('x', data=['a' * 1000000] * 4, dtype=h5py.string_dtype())


@data('.h5')
def hdf5_wide_strings(file):
    file.create_dataset('x', (1,), 'S%d' % (1 << 30), chunks=(1,), compression=9)


@data('.h5')
def hdf5_escapes(file):
    file['\n\x1b[31mred'] = np.zeros(3)
    file['x'] = h5py.SoftLink('/\n\x1b[31mnone')


@data('.h5')
def hdf5_harmless_many_datasets(file):
    for i in range(3000):
        file['g%d/d' % i] = np.zeros(1)


@data('.h5')
def hdf5_thirty_two_dimensions(file):
    file['x'] = np.zeros((1,) * 32)


def make_hdf5_bytes():
    with h5py.File(os.path.join(folder, 'good-data.h5'), 'w') as file:
        file.create_dataset('x', data=np.arange(4000).reshape(100, 40) % 7 / 7., chunks=(10, 40), compression=9)
    good = open(os.path.join(folder, 'good-data.h5'), 'rb').read()
    for i in range(100 if slow else 10):
        write_bytes('data-hdf5-cut-%03d.h5' % i, good[:len(good) * i // (100 if slow else 10)])
    # Bytes that lead elsewhere: libhdf5's own reading is not to be trusted, so any end but a crash will do.
    for i in range(0, len(good), len(good) // (1000 if slow else 30)):
        write_bytes('data-harmless-hdf5-byte-%05d.h5' % i, good[:i] + bytes([good[i] ^ 0xff]) + good[i + 1:])


# ---- NPY -------------------------------------------------------------------------------------------------------------

def npy(header, values=b'', version=1, length=None):
    text = header if isinstance(header, bytes) else header.encode()
    size = length if length is not None else len(text)
    return b'\x93NUMPY' + bytes([version, 0]) + struct.pack('<H' if version == 1 else '<I', size) + text + values


def told(descr="'<f4'", order='False', shape='(10, 4)'):
    return "{'descr': %s, 'fortran_order': %s, 'shape': %s, }\n" % (descr, order, shape)


def make_npy():
    np.save(os.path.join(folder, 'good-data.npy'), np.ones((100, 40), '<f4') / 3)
    values = b'\0' * 160
    many = 10**18
    for name, content in {
            'vast': npy(told(shape='(%d,)' % many), values), 'vaster': npy(told(shape='(%d, %d)' % (many, many)), values),
            'overflow': npy(told(shape='(4611686018427387904, 4)'), values),
            'rows': npy(told(shape='(4000000000, 1)'), values), 'negative': npy(told(shape='(-1, 4)'), values),
            'digits': npy(told(shape='(%s, 4)' % ('9' * 60000)), values), 'zeros': npy(told(shape='(0, 4)')),
            'none': npy(told(shape='(10, 0)')), 'dimensions': npy(told(shape='(%s)' % ('1, ' * 20000)), values),
            'scalar': npy(told(shape='()'), b'\0' * 4), 'fortran': npy(told(order='True'), values),
            'objects': npy(told("'|O'"), b'\x80\x04cos\nsystem\n(S"touch planted"\ntR.'), 'structure':
            npy(told("[('a', '<f4')]"), values), 'width': npy(told("'<f%s'" % ('4' * 30)), values),
            'strings': npy(told("'<U99999999'", shape='(1,)'), values), 'quotes': npy(told("'<f4"), values),
            'nested': npy('{' * 60000, values), 'parentheses': npy(told(shape='(' * 60000), values),
            'long': npy(told(), values, 2, 2**32 - 1), 'longer': npy(b' ' * 70000, values, 2), 'version': npy(told(), values, 9),
            'twice': npy(told().replace('}', "'shape': (1,), }"), values), 'escapes': npy("{'\x1b[31m\n': 1}\n", values),
            'short': npy(told(), values[:-1]), 'more': npy(told(), values + b'\0'), 'empty': b'', 'magic': b'\x93NUMPY',
            'null': npy(b'\0' * 100, values)}.items():
        write_bytes('data-npy-%s.npy' % name, content)


# ---- IDX -------------------------------------------------------------------------------------------------------------

def idx(*shape, kind=8, values=b''):
    return bytes([0, 0, kind, len(shape)]) + b''.join(struct.pack('>I', s) for s in shape) + values


def folder_of_idx(name, images, labels=None, packed=False):
    place = os.path.join(folder, name)
    os.mkdir(place)
    ending = '.gz' if packed else ''
    for part, content in (('train-images-idx3-ubyte', images), ('train-labels-idx1-ubyte', labels)):
        if content is not None:
            with open(os.path.join(place, part + ending), 'wb') as file:
                file.write(content)


def bomb(beginning, size):
    target = io.BytesIO()
    with gzip.GzipFile(fileobj=target, mode='wb', compresslevel=9) as file:
        file.write(beginning)
        piece = b'\0' * (16 << 20)
        for _ in range(size // len(piece)):
            file.write(piece)
    return target.getvalue()


def make_idx():
    values = bytes(range(16)) * 10
    folder_of_idx('good-idx', idx(10, 4, 4, values=values))
    folder_of_idx('data-idx-vast', idx(2**32 - 1, 2**32 - 1, 2**32 - 1, values=values))
    folder_of_idx('data-idx-large', idx(60000, 28000, 28, values=values))
    folder_of_idx('data-idx-none', idx(0, 4, 4))
    folder_of_idx('data-idx-short', idx(10, 4, 4, values=values[:-1]))
    folder_of_idx('data-idx-more', idx(10, 4, 4, values=values + b'\0'))
    folder_of_idx('data-idx-floats', idx(10, 4, 4, kind=13, values=values * 4))
    folder_of_idx('data-idx-dimensions', bytes([0, 0, 8, 255]) + b'\0\0\0\1' * 255)
    folder_of_idx('data-idx-empty', b'')
    folder_of_idx('data-idx-magic', b'\0\0\x08')
    folder_of_idx('data-idx-labels', idx(10, 4, 4, values=values), idx(4 * 10**9, values=b'\0' * 10))
    pack = {'packed': False}
    for name, content in {
            'bomb': bomb(idx(10, 4, 4, values=values), 1 << 30), 'vast': gzip.compress(idx(2**32 - 1, 2**32 - 1, 2**32 - 1)),
            'large': gzip.compress(idx(10**6, 28, 28, values=values)), 'short': gzip.compress(idx(10, 4, 4, values=values[:-1])),
            'cut': gzip.compress(idx(10, 4, 4, values=values))[:-9], 'noise': b'\x1f\x8b\x08' + os.urandom(1000),
            'sum': gzip.compress(idx(10, 4, 4, values=values))[:-8] + b'\0' * 8,
            'members': gzip.compress(idx(10, 4, 4)) + gzip.compress(b'') * 200000,
            'name': b'\x1f\x8b\x08\x08' + b'\0' * 6 + b'n' * (4 << 20), 'text': b'not gzip at all\n' * 10}.items():
        folder_of_idx('data-gzip-%s' % name, content, packed=True)


def make_data():
    for function, ending in datas:
        with h5py.File(path_of('data', function, ending), 'w', libver=('earliest', 'latest')) as file:
            function(file)
    make_hdf5_bytes()
    make_npy()
    make_idx()


make_checkpoints()
make_bytes()
make_data()
