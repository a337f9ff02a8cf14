"""What the makers of files that mean harm share: arguments, registers of functions, libhdf5 itself where h5py has no
name for a thing."""
import ctypes
import functools
import os
import re
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


def vast(file, name, kind, shape, chunk=None):
    layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    if chunk:
        layout.set_chunk(chunk)
    else:
        layout.set_alloc_time(h5py.h5d.ALLOC_TIME_LATE)
    put_low(file, name, kind, h5py.h5s.create_simple(shape), layout)


def deflated_twice(file, name, shape, kind, chunk):
    layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    layout.set_chunk(chunk)
    layout.set_deflate(9)
    layout.set_filter(h5py.h5z.FILTER_DEFLATE, h5py.h5z.FLAG_MANDATORY, (9,))
    made = put_low(file, name, kind, h5py.h5s.create_simple(shape), layout)
    once = zlib.compress(b'\0' * int(np.prod(chunk)), 9)
    for begin in range(0, shape[0], chunk[0]):
        made.write_direct_chunk((begin,) + (0,) * (len(shape) - 1), zlib.compress(once, 9))


@functools.lru_cache
def zeros_without_end():
    packer = zlib.compressobj(9)
    piece = b'\0' * (16 << 20)
    return b''.join([packer.compress(piece) for _ in range(56)] + [packer.flush()])


def write_bytes(name, content):
    with open(os.path.join(folder, name), 'wb') as file:
        file.write(content)
