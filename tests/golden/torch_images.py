#!/usr/bin/env python3
"""Figures of the ops of images by PyTorch in float64: values, and gradients of mean over examples of Σ y · g.

    /usr/bin/python3 tests/golden/torch_images.py > tests/golden/torch_images.txt

A record is: op, examples, height, width, channels, units, and kernel, stride, padding, dilation (height and width of
each), groups; then a line each: x, weight, bias, g, y, dx, dweight, dbias, channels last. Lines of what an op has not
are empty.
"""
import torch
import torch.nn.functional as F

torch.manual_seed(5)
EXAMPLES = 2


def drawn(*shape):
    # Few digits, so that the text is short; exact all the same.
    return (torch.randn(*shape, dtype=torch.float64) * 100).round() / 100


def tell(tensor):
    print(" ".join(repr(float(value)) for value in tensor.flatten()) if tensor is not None else "")


def first(image):
    """channels first"""
    return image.permute(0, 3, 1, 2)


def conv(x, w, b, kernel, stride, padding, dilation, groups):
    return F.conv2d(first(x), w.permute(3, 2, 0, 1).contiguous(), b, stride, padding, dilation, groups)


def conv_transposed(x, w, b, kernel, stride, padding, dilation, groups):
    return F.conv_transpose2d(first(x), w.permute(3, 2, 0, 1).contiguous(), b, stride, padding, 0, groups, dilation)


def max_pool(x, w, b, kernel, stride, padding, dilation, groups):
    return F.max_pool2d(first(x), kernel, stride, padding)


def mean_pool(x, w, b, kernel, stride, padding, dilation, groups):
    return F.avg_pool2d(first(x), kernel, stride, padding, count_include_pad=False)


def upsample(x, w, b, kernel, stride, padding, dilation, groups):
    return F.interpolate(first(x), scale_factor=kernel, mode="nearest")


def batch_norm(x, w, b, kernel, stride, padding, dilation, groups):
    return F.batch_norm(first(x), None, None, training=True, eps=1e-5)


def group_norm(x, w, b, kernel, stride, padding, dilation, groups):
    return F.group_norm(first(x), groups, eps=1e-5)


def record(op, size, units=0, kernel=(1, 1), stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    x = drawn(EXAMPLES, *size).requires_grad_()
    shape = {conv: (*kernel, size[2] // groups, units), conv_transposed: (*kernel, units // groups, size[2])}.get(op)
    w = drawn(*shape).requires_grad_() if shape else None
    b = drawn(units).requires_grad_() if shape else None
    y = op(x, w, b, kernel, stride, padding, dilation, groups).permute(0, 2, 3, 1)
    g = drawn(*y.shape[1:])
    ((y * g).sum() / EXAMPLES).backward()
    print(op.__name__, EXAMPLES, *size, units, *kernel, *stride, *padding, *dilation, groups)
    for tensor in (x, w, b, g, y, x.grad, w.grad if shape else None, b.grad if shape else None):
        tell(tensor.detach() if tensor is not None else None)


for op in (conv, conv_transposed):
    record(op, (5, 4, 2), 3, (2, 3))
    record(op, (4, 4, 1), 2, (4, 4), stride=(2, 2), padding=(1, 1))
    record(op, (5, 7, 2), 2, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2))
    record(op, (3, 3, 4), 6, (3, 3), padding=(1, 1), groups=2)
    record(op, (2, 2, 3), 1, (1, 1))
# More places and larger patches than are laid out at a time.
record(conv, (14, 14, 4), 1, (7, 7), padding=(3, 3))
record(conv_transposed, (14, 14, 1), 4, (7, 7), padding=(3, 3))
for op in (max_pool, mean_pool):
    record(op, (4, 6, 2), kernel=(2, 3), stride=(2, 3))
    record(op, (5, 4, 3), kernel=(3, 2), stride=(1, 2), padding=(1, 1))
record(upsample, (2, 3, 2), kernel=(2, 3))
record(batch_norm, (3, 2, 5))
record(group_norm, (3, 2, 6), groups=3)
record(group_norm, (2, 2, 4), groups=1)
