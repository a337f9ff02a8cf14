"""Data that means harm: HDF5, NPY, IDX, gzip."""
import gzip
import io
import os
import struct
import zlib

import h5py
import numpy as np

from common import (UNKNOWN, WEIGHT, data, datas, deflated_twice, folder, layout_with, path_of,
                    put_low, slow, vast, write_bytes, zeros_without_end)

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
def hdf5_harmless_escapes(file):
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
    for name, content in {
            'bomb': bomb(idx(10, 4, 4, values=values), 600 << 20), 'vast': gzip.compress(idx(2**32 - 1, 2**32 - 1, 2**32 - 1)),
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
