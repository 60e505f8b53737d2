"""Eight numbers as one value in kernels: vector registers, without the compiler's guesses.

A loop over lanes (`lanes`) becomes vector instructions where the compiler sees that it may, and then
loads and stores all that it works on.  Values of this type are vectors from the start, and stay in
registers through other loops.  `load` and `broadcast` make them; they take + - * /, comparisons, and
& and | of these, a number on one side counting for all eight.  A processor with narrower registers
uses several for one value: results are the same.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing import signature
from numba.core.typing.templates import ConcreteTemplate, infer_global
from numba.extending import intrinsic, lower_builtin, models, register_model

__all__ = [
    "WIDTH",
    "absolute",
    "broadcast",
    "choose",
    "load",
    "lowest_place",
    "places",
    "square_root",
    "store",
]

#: How many numbers a value holds.
WIDTH = 8

_INDEX = ir.IntType(32)
_FLOATS = ir.VectorType(ir.DoubleType(), WIDTH)
_TRUTHS = ir.VectorType(ir.IntType(1), WIDTH)


class _Vector(types.Type):
    """Type of a value of eight numbers, or of eight truths."""


@register_model(_Vector)
class _Model(models.PrimitiveModel):
    def __init__(self, manager, of_type):
        super().__init__(manager, of_type, _TRUTHS if of_type is truths else _FLOATS)


floats, truths = _Vector(f"float64x{WIDTH}"), _Vector(f"boolx{WIDTH}")


def _spread(builder, value, of_type):
    """A number in all places; a vector as it is."""
    if isinstance(of_type, _Vector):
        return value
    nothing = ir.Constant(_FLOATS, ir.Undefined)
    first = builder.insert_element(nothing, value, ir.Constant(_INDEX, 0))
    return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(_INDEX, WIDTH), None))


def _define(function: Callable, result: types.Type, cases: Sequence, build: Callable) -> None:
    """Give an operator a meaning: `build(builder, *vectors)`, for arguments of the types in `cases`."""
    signatures = [signature(result, *case) for case in cases]
    infer_global(function)(type("Template", (ConcreteTemplate,), {"key": function, "cases": signatures}))

    def lower(context, builder, of_types, arguments):
        return build(builder, *map(_spread, [builder] * len(arguments), arguments, of_types.args))

    for case in cases:
        lower_builtin(function, *case)(lower)


_ONE_NUMBER = (floats,)
_TWO_NUMBERS = ((floats, floats), (floats, types.float64), (types.float64, floats))

_define(operator.neg, floats, [_ONE_NUMBER], lambda builder, x: builder.fneg(x))
_define(operator.add, floats, _TWO_NUMBERS, lambda builder, x, y: builder.fadd(x, y))
_define(operator.sub, floats, _TWO_NUMBERS, lambda builder, x, y: builder.fsub(x, y))
_define(operator.mul, floats, _TWO_NUMBERS, lambda builder, x, y: builder.fmul(x, y))
_define(operator.truediv, floats, _TWO_NUMBERS, lambda builder, x, y: builder.fdiv(x, y))
for _function, _sign in (
    (operator.lt, "<"), (operator.le, "<="), (operator.gt, ">"), (operator.ge, ">="), (operator.eq, "=="),
):  # fmt: skip
    _define(
        _function, truths, _TWO_NUMBERS,
        lambda builder, x, y, sign=_sign: builder.fcmp_ordered(sign, x, y),
    )  # fmt: skip
_define(
    operator.ne, truths, _TWO_NUMBERS, lambda builder, x, y: builder.fcmp_unordered("!=", x, y)
)
_define(operator.and_, truths, [(truths, truths)], lambda builder, x, y: builder.and_(x, y))
_define(operator.or_, truths, [(truths, truths)], lambda builder, x, y: builder.or_(x, y))


def _llvm_function(name: str):
    """Kernel function of one vector, by LLVM's own function of this name."""

    @intrinsic
    def apply(typingctx, x):
        def codegen(context, builder, of_types, arguments):
            full_name = f"llvm.{name}.v{WIDTH}f64"
            type_of_it = ir.FunctionType(_FLOATS, [_FLOATS])
            function = cgutils.get_or_insert_function(builder.module, type_of_it, full_name)
            return builder.call(function, arguments)

        return floats(floats), codegen

    return apply


square_root = _llvm_function("sqrt")
absolute = _llvm_function("fabs")


@intrinsic
def broadcast(typingctx, number):
    """The same number eight times."""

    def codegen(context, builder, of_types, arguments):
        return _spread(builder, arguments[0], types.float64)

    return floats(types.float64), codegen


@intrinsic
def choose(typingctx, truth, if_true, if_false):
    """Place by place one of two; each a vector or a number."""

    def codegen(context, builder, of_types, arguments):
        one, other = (_spread(builder, arguments[i], of_types.args[i]) for i in (1, 2))
        return builder.select(arguments[0], one, other)

    kinds = (one if isinstance(one, _Vector) else types.float64 for one in (if_true, if_false))
    return floats(truths, *kinds), codegen


@intrinsic
def load(typingctx, array, first):
    """Eight numbers from array[first] on; a flat float64 array."""

    def codegen(context, builder, of_types, arguments):
        return builder.load(_pointer(context, builder, of_types.args[0], *arguments), align=8)

    return floats(array, types.int64), codegen


@intrinsic
def store(typingctx, array, first, vector):
    """Write eight numbers from array[first] on."""

    def codegen(context, builder, of_types, arguments):
        pointer = _pointer(context, builder, of_types.args[0], *arguments[:2])
        builder.store(arguments[2], pointer, align=8)
        return context.get_dummy_value()

    return types.void(array, types.int64, floats), codegen


def _pointer(context, builder, of_type, array, first):
    data = context.make_array(of_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [first]), _FLOATS.as_pointer())


@intrinsic
def places(typingctx, truth):
    """Where `truth` holds: bit i of a uint64 for place i."""

    def codegen(context, builder, of_types, arguments):
        return builder.zext(builder.bitcast(arguments[0], ir.IntType(WIDTH)), ir.IntType(64))

    return types.uint64(truths), codegen


@intrinsic
def lowest_place(typingctx, bits):
    """The lowest bit that is set of a uint64 other than 0."""

    def codegen(context, builder, of_types, arguments):
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), codegen
