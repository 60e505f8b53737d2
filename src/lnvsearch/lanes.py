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
from numba.extending import intrinsic

__all__ = ["LANES", "float_stack_array", "integer_stack_array", "multiply_add", "store_fours"]

LANES = np.uint64(32)


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


@intrinsic
def multiply_add(typingctx, first, second, third):
    """first * second + third, rounded once: the same on every machine, one instruction on most."""

    def codegen(context, builder, signature, arguments):
        return builder.fma(*arguments)

    number = types.float64
    return number(number, number, number), codegen


@intrinsic
def store_fours(typingctx, source, offset, width, target, place, stride):
    """Four components of four lanes, (component, lane) to (lane, component).

    target[place + lane * stride + c] = source[offset + c * width + lane] for four lanes and
    components c; flat float64 arrays.  Written out, the compiler scatters number by number.
    """

    def codegen(context, builder, signature, arguments):
        source, offset, width, target, place, stride = arguments
        source = context.make_array(signature.args[0])(context, builder, source).data
        target = context.make_array(signature.args[3])(context, builder, target).data
        four = ir.VectorType(ir.DoubleType(), 4)
        number = ir.IntType(32)

        def shuffle(first, second, *order):
            mask = [ir.Constant(number, i) for i in order]
            return builder.shuffle_vector(
                first, second, ir.Constant(ir.VectorType(number, 4), mask)
            )

        rows = []
        for _ in range(4):
            pointer = builder.bitcast(builder.gep(source, [offset]), four.as_pointer())
            rows.append(builder.load(pointer, align=8))
            offset = builder.add(offset, width)
        pairs = [
            (shuffle(rows[0], rows[1], *order), shuffle(rows[2], rows[3], *order))
            for order in ((0, 4, 2, 6), (1, 5, 3, 7))
        ]
        for half in ((0, 1, 4, 5), (2, 3, 6, 7)):
            for first, second in pairs:
                pointer = builder.bitcast(builder.gep(target, [place]), four.as_pointer())
                builder.store(shuffle(first, second, *half), pointer, align=8)
                place = builder.add(place, stride)
        return context.get_dummy_value()

    index = types.uint64
    return types.void(source, index, index, target, index, index), codegen
