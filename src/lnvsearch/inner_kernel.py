"""Kernels that only other kernels call: compiled within those, and not on their own as well.

For every function numba makes entries from Python and C, optimises it, turns it into machine code, and
does all this again for whatever calls it.  A kernel deep in a chain is so compiled as often as the
chain is long.  Here it is only translated to the compiler's language; optimiser and machine code
come with the kernel that Python calls, once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite.binding import parse_bitcode
from numba import _dynfunc, njit, types
from numba.core import config
from numba.core.caching import CompileResultCacheImpl, FunctionCache
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, CompileResult, DefaultPassBuilder, _LowerResult
from numba.core.compiler_machinery import register_pass
from numba.core.registry import CPUDispatcher
from numba.core.typed_passes import NativeLowering

__all__ = ["inner_kernel"]


def inner_kernel(*, forceinline: bool = False, fastmath: Any = False) -> Callable[[Callable], Any]:
    """Decorator of a kernel that kernels call; `forceinline`: they take it up whole.

    Python can call it too, as tests do: through a kernel that is compiled for it and not kept.
    """

    def decorate(function: Callable) -> Any:
        if config.DISABLE_JIT:
            return function
        options = {
            "nopython": True, "boundscheck": None, "error_model": "numpy", "fastmath": fastmath,
            "no_cpython_wrapper": True, "no_cfunc_wrapper": True,
        }  # fmt: skip
        if forceinline:
            options["forceinline"] = True
        return _InnerKernel(function, targetoptions=options, pipeline_class=_Compiler)

    return decorate


class _InnerKernel(CPUDispatcher):
    _from_python = None
    _kept = None

    @property
    def _cache(self):
        """Found when the kernel is first compiled or read: to import modules decorates hundreds."""
        if self._kept is None:
            self._kept = _Cache(self.py_func)
        return self._kept

    @_cache.setter
    def _cache(self, _):
        """Numba sets one that keeps nothing."""

    def get_call_template(self, args, kws):
        """One version of the kernel for all constants that it is given: numba makes one for each."""
        _, args = self._compiler.fold_argument_types(args, kws)
        return super().get_call_template(tuple(map(types.unliteral, args)), {})

    def __call__(self, *arguments):
        if self._from_python is None:
            kernel = self
            self._from_python = njit(error_model="numpy")(lambda *each: kernel(*each))
        return self._from_python(*arguments)


class _Library(JITCodeLibrary):
    """What is linked into the kernels that call this one, which optimise it; without machine code."""

    def _optimize_final_module(self):
        pass

    def _finalize_final_module(self):
        self._finalize_dynamic_globals()
        self._finalized = True

    def take(self, bitcode):
        """Become what `serialize_using_object_code` gave."""
        self._final_module = parse_bitcode(bitcode)
        self._finalize_final_module()

    def serialize_using_object_code(self):
        """What numba keeps in a file."""
        return self.serialize_using_bitcode()


def _key_of(library, description, environment):
    """The object by which numba knows what belongs to a call of the kernel; nothing ever calls it."""
    name = description.qualname.split(".")[-1]
    return _dynfunc.make_function(description.lookup_module(), name, "", 0, environment, (library,))


class _Kept(CompileResultCacheImpl):
    def rebuild(self, target_context, payload):
        """As numba's, without machine code: making it changes what callers link in, which then has no vectors."""
        (_, _, bitcode), description, environment, signature, *rest = payload
        objectmode, lifted, annotation, reload_init, referenced = rest
        for function in reload_init:
            function()
        library = _Library(target_context.codegen(), description.qualname)
        library.take(bitcode)
        return CompileResult(
            target_context=target_context, typing_context=target_context.typing_context,
            library=library, environment=environment,
            entry_point=_key_of(library, description, environment), fndesc=description,
            type_annotation=annotation, signature=signature, objectmode=objectmode, lifted=lifted,
            typing_error=None, call_helper=None, metadata=None, reload_init=reload_init,
            referenced_envs=referenced,
        )  # fmt: skip


class _Cache(FunctionCache):
    _impl_class = _Kept


@register_pass(mutates_CFG=True, analysis_only=False)
class _Lowering(NativeLowering):
    _name = "inner_kernel_lowering"

    def run_pass(self, state):
        library = _Library(state.targetctx.codegen(), state.func_id.func_qualname)
        library.enable_object_caching()
        state.library = library
        state.flags.no_compile = True  # else numba asks for the machine code
        super().run_pass(state)
        result = state["cr"]
        description = result.fndesc
        key = _key_of(library, description, result.env)
        state.targetctx.insert_user_function(key, description, [library])
        state["cr"] = _LowerResult(description, result.call_helper, cfunc=key, env=result.env)
        return True


class _Compiler(CompilerBase):
    def define_pipelines(self):
        """As numba's for every function, but for the last step."""
        passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes.passes = [
            (_Lowering if step is NativeLowering else step, why) for step, why in passes.passes
        ]
        passes.finalize()
        return [passes]
