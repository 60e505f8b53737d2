"""Examples of docstrings (`>>> ...`) as blocks of code in the reference of the library."""

import re

import griffe

_EXAMPLE = re.compile(r"(?m)^>>> .*\n(?:(?!\n).+\n?)*")


class DoctestBlocks(griffe.Extension):
    """Fence every example, which Markdown takes for a quotation otherwise."""

    def on_object(self, *, obj: griffe.Object, **_) -> None:
        if obj.docstring:
            text = obj.docstring.value + "\n"
            obj.docstring.value = _EXAMPLE.sub(lambda m: f"```pycon\n{m[0].rstrip()}\n```\n", text).rstrip()
