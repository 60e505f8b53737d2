"""Counter-based random numbers: the same event gets the same numbers, whatever the chunking.

Every random number of the simulation is a function of a *key* and a *counter*, by the
generator Philox4x64-10 (Salmon et al., SC'11), bit for bit that of `numpy.random.Philox`:

* the key is derived from (base seed, sample, process): `stream_key`;
* the counter is (block, event number, slot, attempt): `uniform4` gives four numbers a block.

An event is therefore replayed alone, chunks join without a seam, and switching one process
off (radiation, say) leaves the numbers of all others as they were.  Replaying one block in
plain numpy, for a check by hand::

    bits = numpy.random.Philox(key=key, counter=[block, event, slot, attempt])

numpy advances the counter before its first output, so it begins at block + 1 of ours.

Kernels that work on many events at once use Philox4x32-10 of the same authors, `philox4x32`:
machines have vector instructions for its products, not for those of the wider one.  Its key is
the first of the stream's two numbers, its counter (event, event >> 32, block, attempt) with the
slot in the upper bits of the block, and a number is one word of 32 bits.
"""

from __future__ import annotations

import hashlib
import math

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from lnvsearch.elementary_functions import cosine_and_sine_of_turn
from lnvsearch.inner_kernel import inner_kernel

__all__ = ["normal_pair", "philox4x32", "philox4x64", "round_keys", "stream_key", "uniform4"]

# Multipliers and Weyl increments of Philox4x64 (Salmon et al., SC'11, Table 2).
_MULTIPLIER_0 = np.uint64(0xD2E7470EE14C6C93)
_MULTIPLIER_1 = np.uint64(0xCA5A826395121157)
_WEYL_0 = np.uint64(0x9E3779B97F4A7C15)
_WEYL_1 = np.uint64(0xBB67AE8584CAA73B)
# The same of Philox4x32.
_MULTIPLIER_32_0 = np.uint64(0xD2511F53)
_MULTIPLIER_32_1 = np.uint64(0xCD9E8D57)
_WEYL_32_0 = np.uint64(0x9E3779B9)
_WEYL_32_1 = np.uint64(0xBB67AE85)
_LOW_WORD = np.uint64(0xFFFFFFFF)
_WORD = np.uint64(32)
_ROUNDS = 10
_SHIFT_TO_52_BITS = np.uint64(12)
_TWO_TO_MINUS_52 = 2.0**-52


def stream_key(base_seed: int, sample: str, process: str) -> np.ndarray:
    """Key of the random stream of one physical process in one sample.

    Returns an array of two uint64.  Any two different (seed, sample, process) give unrelated
    streams (SHA-256 of the three).  Variations share the key with the nominal simulation on
    purpose: the same event then sees the same numbers.

    Raises ValueError for a negative seed or an empty name.

    >>> stream_key(1, "signal_phsp", "tracking").dtype
    dtype('uint64')
    """
    if base_seed < 0:
        raise ValueError(f"base_seed is {base_seed}: give an integer >= 0")
    if not sample or not process:
        raise ValueError("sample and process must be non-empty names")
    text = f"{int(base_seed)}\x1f{sample}\x1f{process}".encode()
    return np.frombuffer(hashlib.sha256(text).digest()[:16], dtype="<u8").astype(np.uint64)


@intrinsic
def _multiply_high_low(typingctx, first, second):
    """High and low 64 bits of a 64 x 64 bit product, as one machine multiplication."""

    def codegen(context, builder, signature, arguments):
        wide = ir.IntType(128)
        narrow = ir.IntType(64)
        product = builder.mul(builder.zext(arguments[0], wide), builder.zext(arguments[1], wide))
        high = builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), narrow)
        low = builder.trunc(product, narrow)
        return context.make_tuple(builder, signature.return_type, [high, low])

    pair = types.UniTuple(types.uint64, 2)
    return pair(types.uint64, types.uint64), codegen


@inner_kernel(forceinline=True)
def philox4x64(key_0, key_1, counter_0, counter_1, counter_2, counter_3):
    """Four random uint64 from a key (two uint64) and a counter (four uint64)."""
    for _ in range(_ROUNDS):
        high_0, low_0 = _multiply_high_low(_MULTIPLIER_0, counter_0)
        high_1, low_1 = _multiply_high_low(_MULTIPLIER_1, counter_2)
        counter_0 = high_1 ^ counter_1 ^ key_0
        counter_1 = low_1
        counter_2 = high_0 ^ counter_3 ^ key_1
        counter_3 = low_0
        key_0 = key_0 + _WEYL_0
        key_1 = key_1 + _WEYL_1
    return counter_0, counter_1, counter_2, counter_3


@inner_kernel()
def round_keys(key):
    """Keys of the rounds of `philox4x32`, 20 words, from a stream's key."""
    words = np.empty(2 * _ROUNDS, dtype=np.uint64)
    first, second = key[0] & _LOW_WORD, key[0] >> _WORD
    for k in range(_ROUNDS):
        words[2 * k], words[2 * k + 1] = first, second
        first = (first + _WEYL_32_0) & _LOW_WORD
        second = (second + _WEYL_32_1) & _LOW_WORD
    return words


@inner_kernel(forceinline=True)
def philox4x32(words, event, block, attempt):
    """Four random words of 32 bits, each in a uint64; all arguments uint64.

    `words`: of `round_keys`; `block` and `attempt` below 2**32.
    """
    counter_0, counter_1 = event & _LOW_WORD, event >> _WORD
    counter_2, counter_3 = block, attempt
    for k in range(_ROUNDS):
        # The product of two words is exact in 64 bits; upper halves are cut off where they end.
        product_0 = (counter_0 & _LOW_WORD) * _MULTIPLIER_32_0
        product_1 = (counter_2 & _LOW_WORD) * _MULTIPLIER_32_1
        counter_0 = (product_1 >> _WORD) ^ counter_1 ^ words[2 * k]
        counter_1 = product_1
        counter_2 = (product_0 >> _WORD) ^ counter_3 ^ words[2 * k + 1]
        counter_3 = product_0
    return (
        counter_0 & _LOW_WORD, counter_1 & _LOW_WORD, counter_2 & _LOW_WORD, counter_3 & _LOW_WORD
    )


@inner_kernel(forceinline=True)
def _to_open_unit_interval(bits):
    """A double in the open interval (0, 1): neither log(u) nor log(1 - u) is ever infinite."""
    return (np.float64(bits >> _SHIFT_TO_52_BITS) + 0.5) * _TWO_TO_MINUS_52


@inner_kernel(forceinline=True)
def uniform4(key, event, slot, attempt, block):
    """Four uniform numbers in (0, 1) of one block of one event.

    `key`: two uint64 from `stream_key`; `event`: event number; `slot`: particle or other index
    within the event; `attempt`: number of the accept-reject attempt; `block`: which group of
    four.  All integers >= 0.  Called from other numba kernels and from Python.
    """
    bits = philox4x64(
        key[0], key[1], np.uint64(block), np.uint64(event), np.uint64(slot), np.uint64(attempt)
    )
    return (
        _to_open_unit_interval(bits[0]),
        _to_open_unit_interval(bits[1]),
        _to_open_unit_interval(bits[2]),
        _to_open_unit_interval(bits[3]),
    )


@inner_kernel(forceinline=True)
def normal_pair(uniform_1, uniform_2):
    """Two independent standard normal numbers from two uniform ones (Box and Muller 1958)."""
    radius = math.sqrt(-2.0 * math.log(uniform_1))
    cosine, sine = cosine_and_sine_of_turn(uniform_2)
    return radius * cosine, radius * sine
