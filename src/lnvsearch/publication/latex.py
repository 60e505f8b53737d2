"""Text as LaTeX: what a cell of a table becomes, and about how wide it is.

The input is Unicode, with mathematics between dollars where it is a label.  The output compiles with
pdflatex in any class without a package: letters beyond LaTeX's own are set in mathematics.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from lnvsearch.publication.words import (
    ARROW,
    IN_DECAY,
    PARTICLE,
    UNICODE_PARTICLE,
    particle_mathtext,
)

__all__ = ["longest_word_em", "tex", "tex_words", "width_em"]

_SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": "$<$", ">": "$>$", "|": "$|$", '"': "''", "±": r"$\pm$", "∓": r"$\mp$", "√": r"$\surd$",
    "→": r"$\to$", "−": "$-$", "–": "--", "—": "---", "×": r"$\times$", "·": r"$\cdot$",
    "≤": r"$\le$", "≥": r"$\ge$", "≈": r"$\approx$", "∞": r"$\infty$", "°": r"$^\circ$",
    "µ": r"$\mu$", "ν̄": r"$\bar\nu$", "…": r"\dots{}", "’": "'", "‘": "`", "“": "``", "”": "''",
    "′": "$'$", "ℓ": r"$\ell$", "§": r"\S{}", "≪": r"$\ll$", "≠": r"$\ne$", "∈": r"$\in$",
    "\u00a0": "~", "\n": " ",
}  # fmt: skip
_VARIANTS = {"EPSILON": "varepsilon", "OMICRON": "mathrm{o}", "FINAL SIGMA": "varsigma"}

_DIGITS = r"\d+(?:\.\d+)?"
_NUMBER = rf"[+-]?{_DIGITS}(?:e[+-]?\d+)?"
#: Numbers that are set in mathematics: with uncertainties, a bound, or an exponent.
_QUANTITY = re.compile(
    rf"(?<![\w.])(?:\((?P<bracket>{_DIGITS}(?: ± {_DIGITS})+)\)e(?P<power>[+-]?\d+)"
    rf"|(?P<pair>[+-]?{_DIGITS}(?: ± {_DIGITS})+)"
    rf"|(?P<bound>[<>] ?{_NUMBER})|(?P<single>[+-]?{_DIGITS}e[+-]?\d+|[+-]{_DIGITS}))(?![\w])"
)
_EXPONENT = re.compile(r"e([+-]?\d+)")


@cache
def tex(label: str) -> str:
    """Return a label, or any text, as LaTeX.

    >>> tex("K+ -> pi- e+ e+: (2.5 ± 0.3)e-4, 50 %")
    '$K^{+}\\\\to \\\\pi^{-} e^{+} e^{+}$: $(2.5\\\\pm0.3)\\\\times10^{-4}$, 50 \\\\%'
    """
    parts = label.split("$")
    if len(parts) % 2 == 0:  # a single dollar is a dollar
        return _text(label)
    return "".join(f"${_mathematics(p)}$" if i % 2 else _text(p) for i, p in enumerate(parts))


def tex_words(text: str) -> list[str]:
    """Return the words of LaTeX text: blanks within mathematics and braces part nothing."""
    words, depth, in_mathematics = [""], 0, False
    for index, character in enumerate(text):
        escaped = index > 0 and text[index - 1] == "\\"
        if character == "$" and not escaped:
            in_mathematics = not in_mathematics
        depth += (character == "{") - (character == "}") if not escaped else 0
        if character == " " and not in_mathematics and depth == 0 and not escaped:
            words.append("")
        else:
            words[-1] += character
    return [word for word in words if word]


@cache
def width_em(text: str) -> float:
    """Return about the width of LaTeX text, in units of the font's em; rather too wide."""
    width = _flat_width(text)
    for braced, single in _SCRIPT.findall(text):
        # A script's letters are 0.8 to 0.85 as wide, and a little space follows.
        width += 0.06 - 0.15 * _flat_width(braced or single)
    return max(1.01 * width, 0.0)


def longest_word_em(text: str) -> float:
    """Return the width (em) of the widest word of LaTeX text."""
    return max((width_em(word) for word in tex_words(text)), default=0.0)


_SCRIPT = re.compile(r"(?<!\\)[\^_](?:\{((?:[^{}]|\{[^{}]*\})*)\}|(\\[A-Za-z]+|.))")
_MACRO = re.compile(r"\\([A-Za-z]+) ?")
#: Widths in em: of relations and operators with the blanks around them, of other macros.
_MACROS = {
    "to": 1.56, "times": 1.23, "pm": 1.23, "mp": 1.23, "le": 1.34, "ge": 1.34, "approx": 1.34,
    "ll": 1.56, "allowbreak": 0.0, "mathrm": 0.0, "mathcal": 0.0, "text": 0.0, "bar": 0.0,
    "texttt": 0.1, "Delta": 0.85, "mathbf": 0.0, "quad": 1.0, "dots": 1.2, "infty": 1.0,
}  # fmt: skip
#: Of Computer Modern Roman; of other letters the widest of their kind.
_WIDTHS = {
    **dict.fromkeys("ijl.,;:!'|`", 0.3), **dict.fromkeys("ft()[]-r", 0.4), "s": 0.4, " ": 0.34,
    **dict.fromkeys("ceaoz", 0.5), "m": 0.84, "w": 0.73, "I": 0.4, "M": 0.95, "W": 1.03,
    **dict.fromkeys("<>=", 1.06), "+": 0.78, "%": 0.84, "&": 0.78, "/": 0.5, "@": 0.8,
}  # fmt: skip


def _flat_width(text: str) -> float:
    text = re.sub(r"(?<!\\)[\^_${}]", "", text)
    macros = sum(_MACROS.get(name, 0.66) for name in _MACRO.findall(text))
    text = re.sub(r"\\(.)", r"\1", _MACRO.sub("", text))
    return macros + sum(_character_em(character) for character in text)


def _character_em(character: str) -> float:
    if character in _WIDTHS:
        return _WIDTHS[character]
    return 0.5 if character.isdigit() else 0.56 if character.islower() else 0.79


def _text(text: str) -> str:
    """Text without mathematics: quantities, decays and particles are set in it."""
    if ARROW.search(text):
        text = re.sub(r"(\S)\s*--?>\s*(\S)", r"\1 → \2", text)
        patterns = [_QUANTITY, PARTICLE, UNICODE_PARTICLE, IN_DECAY]
    else:
        patterns = [_QUANTITY, PARTICLE, UNICODE_PARTICLE]
    return _joined(_split(text, patterns))


def _split(text: str, patterns: list[re.Pattern]) -> str:
    if not patterns:
        return "".join(map(_character, text))
    pattern, *others = patterns
    parts, end = [], 0
    for match in pattern.finditer(text):
        parts.append(_split(text[end : match.start()], others))
        is_quantity = pattern is _QUANTITY
        parts.append(f"${_quantity(match)}$" if is_quantity else f"${particle_mathtext(match[0])}$")
        end = match.end()
    return "".join(parts) + _split(text[end:], others)


def _joined(text: str) -> str:
    """Neighbouring formulas as one, so that no line breaks within a decay."""
    return re.sub(r"(?<!\\)\$( ?)\$", r"\1", text)


def _quantity(match: re.Match) -> str:
    if match["bracket"]:
        pair = match["bracket"].replace(" ± ", r"\pm")
        return rf"({pair})\times10^{{{int(match['power'])}}}"
    text = match[0].replace(" ± ", r"\pm").replace("< ", "<").replace("> ", ">")
    return _EXPONENT.sub(lambda power: rf"\times10^{{{int(power[1])}}}", text)


def _mathematics(text: str) -> str:
    """Mathematics of a label: as it is, but for letters that LaTeX takes for none."""
    return "".join(
        _character(c).strip("$") + " " if ord(c) > 127 else c.replace("%", r"\%") for c in text
    )


@cache
def _character(character: str) -> str:
    """One character of text; what LaTeX's own fonts lack is built, or named by its number."""
    if character in _SPECIAL:
        return _SPECIAL[character]
    if ord(character) < 127:
        return character if character.isprintable() else " "
    name = unicodedata.name(character, "")
    greek = re.fullmatch(r"GREEK (SMALL|CAPITAL) LETTER ([A-Z ]+)", name)
    if greek:
        return _greek(greek[1], greek[2])
    kind, _, codes = unicodedata.decomposition(character).partition(" ")
    if kind in ("<super>", "<sub>") and " " not in codes:
        inner = _character(chr(int(codes, 16))).strip("$")
        return f"$^{{{inner}}}$" if kind == "<super>" else f"$_{{{inner}}}$"
    if character.isalpha() and ord(character) < 0x180:
        return character
    return rf"\texttt{{U+{ord(character):04X}}}"


def _greek(kind: str, name: str) -> str:
    latin = {"ALPHA": "A", "BETA": "B", "EPSILON": "E", "ZETA": "Z", "ETA": "H", "IOTA": "I",
             "KAPPA": "K", "MU": "M", "NU": "N", "OMICRON": "O", "RHO": "P", "TAU": "T",
             "CHI": "X"}  # fmt: skip
    name = {"LAMDA": "LAMBDA"}.get(name, name)
    if kind == "CAPITAL":
        return rf"$\mathrm{{{latin[name]}}}$" if name in latin else rf"$\{name.capitalize()}$"
    return rf"$\{_VARIANTS.get(name, name.lower())}$"
