"""Pieces of kernels that work on LANES events at once, one event a lane.

A loop of fixed length over lanes, innermost, on arrays that cannot overlap: then the compiler
turns it into vector instructions.  Arrays of the heap might overlap for all that it knows;
those on the stack cannot.  Indices are unsigned: a signed index may be negative, and the test
for that stands in the way.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import carray, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = [
    "LANES", "float_stack_array", "integer_stack_array", "load_fours", "load_lanes", "load_line",
    "load_listed_fours", "multiply_add", "store_lanes", "store_momenta",
]  # fmt: skip

LANES = np.uint64(32)
_ZERO, _ONE, _TWO, _THREE, _FOUR = map(np.uint64, range(5))


def _stack_array(size, item, llvm_item):
    """Kernel function that returns an uninitialised stack array of `size` items."""

    @intrinsic
    def allocate(typingctx):
        def codegen(context, builder, signature, arguments):
            with builder.goto_entry_block():
                pointer = builder.alloca(llvm_item, size=ir.Constant(ir.IntType(64), size))
                pointer.align = 64
            return pointer

        return types.CPointer(item)(), codegen

    @njit(inline="always")
    def stack_array():
        return carray(allocate(), (size,))

    return stack_array


def float_stack_array(size: int):
    """Function, for use in kernels, that returns a float64 array of `size` on the stack.

    Uninitialised, and gone when the kernel returns: it must not be returned.
    """
    return _stack_array(size, types.float64, ir.DoubleType())


def integer_stack_array(size: int):
    """As `float_stack_array`, of uint64."""
    return _stack_array(size, types.uint64, ir.IntType(64))


def _block_pointer(context, builder, kind, array, indices, items):
    """Pointer to so many numbers side by side, from an item of an array without gaps."""
    if kind.layout != "C":
        raise TypeError(f"lanes: {kind} may have gaps; give an array that is contiguous")
    array = context.make_array(kind)(context, builder, array)
    pointer = cgutils.get_item_pointer(context, builder, kind, array, indices)
    block = ir.VectorType(context.get_data_type(kind.dtype), items)
    return builder.bitcast(pointer, block.as_pointer())


@intrinsic
def _copy_block(typingctx, source, row, start, target, target_row, place):
    """target[target_row, place + j] = source[row, start + j] for j below LANES; of a line the row is unused."""

    def codegen(context, builder, signature, arguments):
        pointers = []
        for i in (0, 3):
            kind, at = signature.args[i], list(arguments[i + 1 : i + 3])
            pointers.append(
                _block_pointer(context, builder, kind, arguments[i], at[-kind.ndim :], int(LANES))
            )
        builder.store(builder.load(pointers[0], align=8), pointers[1], align=8)
        return context.get_dummy_value()

    index = types.uint64
    return types.void(source, index, index, target, index, index), codegen


@njit(inline="always")
def load_line(source, start, lanes, target, place):
    """target[place + j] = source[start + j] for j below `lanes`; see `load_lanes`."""
    if lanes == LANES:
        _copy_block(source, _ZERO, start, target, _ZERO, place)
    else:
        for j in range(lanes):
            target[place + j] = source[start + j]


@njit(inline="always")
def load_lanes(source, row, start, lanes, target, place):
    """target[place + j] = source[row, start + j] for j below `lanes`.

    A full block is copied by a few vector instructions: a loop over it is written out number by number.
    """
    if lanes == LANES:
        _copy_block(source, row, start, target, _ZERO, place)
    else:
        for j in range(lanes):
            target[place + j] = source[row, start + j]


@njit(inline="always")
def store_lanes(source, place, lanes, target, row, start):
    """target[row, start + j] = source[place + j] for j below `lanes`; see `load_lanes`."""
    if lanes == LANES:
        _copy_block(source, _ZERO, place, target, row, start)
    else:
        for j in range(lanes):
            target[row, start + j] = source[place + j]


@njit(inline="always")
def _load_one(source, event, column, target, j):
    target[j], target[LANES + j] = source[event, column, 0], source[event, column, 1]
    target[_TWO * LANES + j] = source[event, column, 2]
    target[_THREE * LANES + j] = source[event, column, 3]


@njit(inline="always")
def load_fours(source, first, column, lanes, target):
    """target[c * LANES + j] = source[first + j, column, c] for j below `lanes`: four-momenta, four rows of lanes."""
    fours = lanes // _FOUR * _FOUR
    for j in range(_ZERO, fours, _FOUR):
        i = np.uint64(first + j)
        _load_four(source, (i, i + _ONE, i + _TWO, i + _THREE), column, target, j)
    for j in range(fours, lanes):
        _load_one(source, first + j, column, target, j)


@njit(inline="always")
def load_listed_fours(source, first, rows, start, lanes, column, target):
    """As `load_fours`, of the events first + rows[start + j]."""
    fours = lanes // _FOUR * _FOUR
    for j in range(_ZERO, fours, _FOUR):
        at = start + j
        events = (
            np.uint64(first + rows[at]), np.uint64(first + rows[at + _ONE]),
            np.uint64(first + rows[at + _TWO]), np.uint64(first + rows[at + _THREE]),
        )  # fmt: skip
        _load_four(source, events, column, target, j)
    for j in range(fours, lanes):
        _load_one(source, first + rows[start + j], column, target, j)


def _shuffled(builder, first, second, order):
    number = ir.IntType(32)
    mask = [ir.Constant(number, i) for i in order]
    return builder.shuffle_vector(first, second, ir.Constant(ir.VectorType(number, 4), mask))


def _transposed(builder, rows):
    """Four vectors of four numbers, of which the first has the first number of each, and so on."""
    pairs = [
        (_shuffled(builder, rows[0], rows[1], order), _shuffled(builder, rows[2], rows[3], order))
        for order in ((0, 4, 2, 6), (1, 5, 3, 7))
    ]
    return [
        _shuffled(builder, first, second, half)
        for half in ((0, 1, 4, 5), (2, 3, 6, 7))
        for first, second in pairs
    ]


@intrinsic
def _load_four(typingctx, source, events, column, target, place):
    """target[place + c * LANES + lane] = source[events[lane], column, c] for four lanes and components c."""

    def codegen(context, builder, signature, arguments):
        source, events, column, target, place = arguments
        index = ir.IntType(64)
        rows = []
        for event in cgutils.unpack_tuple(builder, events, 4):
            at = [event, column, ir.Constant(index, 0)]
            pointer = _block_pointer(context, builder, signature.args[0], source, at, 4)
            rows.append(builder.load(pointer, align=8))
        for c, row in enumerate(_transposed(builder, rows)):
            at = [builder.add(place, ir.Constant(index, c * int(LANES)))]
            builder.store(
                row, _block_pointer(context, builder, signature.args[3], target, at, 4), align=8
            )
        return context.get_dummy_value()

    index = types.uint64
    return types.void(source, types.UniTuple(index, 4), index, target, index), codegen


@intrinsic
def multiply_add(typingctx, first, second, third):
    """first * second + third, rounded once: the same on every machine, one instruction on most."""

    def codegen(context, builder, signature, arguments):
        return builder.fma(*arguments)

    number = types.float64
    return number(number, number, number), codegen


@intrinsic
def _store_fours(typingctx, source, offset, width, target, place, stride):
    """Four components of four lanes, (component, lane) to (lane, component).

    target[place + lane * stride + c] = source[offset + c * width + lane] for four lanes and
    components c; flat float64 arrays.  Written out, the compiler scatters number by number.
    """

    def codegen(context, builder, signature, arguments):
        source, offset, width, target, place, stride = arguments
        source = context.make_array(signature.args[0])(context, builder, source).data
        target = context.make_array(signature.args[3])(context, builder, target).data
        four = ir.VectorType(ir.DoubleType(), 4)
        rows = []
        for _ in range(4):
            pointer = builder.bitcast(builder.gep(source, [offset]), four.as_pointer())
            rows.append(builder.load(pointer, align=8))
            offset = builder.add(offset, width)
        for row in _transposed(builder, rows):
            pointer = builder.bitcast(builder.gep(target, [place]), four.as_pointer())
            builder.store(row, pointer, align=8)
            place = builder.add(place, stride)
        return context.get_dummy_value()

    index = types.uint64
    return types.void(source, index, index, target, index, index), codegen


@njit(inline="always")
def store_momenta(source, n, lanes, target, place, stride):
    """Write `lanes` events of `source`, (n, 4, LANES), to `target`: n fours from `place` on, each; both flat."""
    fours = lanes // _FOUR * _FOUR
    for j in range(_ZERO, fours, _FOUR):
        for k in range(n):
            _store_fours(
                source, k * _FOUR * LANES + j, LANES, target, place + j * stride + k * _FOUR, stride
            )
    for j in range(fours, lanes):
        for k in range(_FOUR * n):
            target[place + j * stride + k] = source[k * LANES + j]
