"""Keys, particles and decays as words: what printed tables show where a CSV file has a key.

A label is text with mathematics between dollars, as matplotlib takes it: `$K^+\\to\\pi^-e^+e^+$`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from lnvsearch.publication.labels import particle_label

__all__ = [
    "ARROW", "IN_DECAY", "PARTICLE", "UNICODE_PARTICLE", "particle_mathtext", "plain", "quantity_in_words",
    "worded",
]  # fmt: skip

#: Words of a table by column; those of `*` stand for keys within the text of any column.
Words = Mapping[str, Mapping[str, str]]

#: A particle as tables of text name it: `pi+`, `pi0_D`, `e-`, `K+`, `J/psi(1S)`.
PARTICLE = re.compile(
    r"(?<![\w.)/^\\])(?:J/psi(?:\(1S\))?|pi0(?:_D)?|(?:K\*?|pi|mu|e)(?:\+-|-\+|[+-])"
    r"|pi(?= |$)|mu(?= |$)|K3pi)(?![\w.])"
)
#: The same with raised signs: `π⁰`, `K⁺`.
UNICODE_PARTICLE = re.compile(r"(?<![A-Za-z])(?:[Keπμν][⁺⁻⁰]|J/ψ)")
#: Within a decay, names that mean something else alone.
IN_DECAY = re.compile(r"(?<![\w.)/^\\])(?:nu_e|nu_mu|nu|gamma|eta|phi)(?![\w.])")
ARROW = re.compile(r"\s*--?>\s*")
_KEY = re.compile(r"(?<![\w.])[a-z][a-z0-9]*(?:_[a-z0-9]+(?:\.[0-9]+)?)*(?![\w])")
_SPECIAL = {
    "J/psi": r"J/\psi", "K3pi": r"K_{3\pi}", "pi0_D": r"\pi^0_D", "nu_e": r"\nu_e",
    "nu_mu": r"\nu_\mu", "gamma": r"\gamma", "eta": r"\eta", "phi": r"\phi",
}  # fmt: skip
_MACROS = {"to": " → ", "ll": "≪", "times": " × ", "pm": " ± ", "mp": " ∓ ", "circ": "°", "ell": "ℓ", "cdot": "·"}
_SUPERSCRIPTS = str.maketrans("+-0123456789", "⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_UNITS = {
    "percent": " (%)", "mev": " (MeV)", "gev": " (GeV)", "m": " (m)", "mhz": " (MHz)",
    "cm": " (cm)", "mm": " (mm)", "ns": " (ns)", "ps": " (ps)", "mrad": " (mrad)",
}  # fmt: skip
#: Parts of keys that are abbreviations: their own capitals, at the beginning, too.
_ABBREVIATIONS = {
    "ee": "ee", "jpsi": "J/psi", "l0": "L0", "lav": "LAV", "lkr": "LKr", "lnv": "LNV", "mc": "MC",
    "muv12": "MUV12", "muv3": "MUV3", "pid": "PID", "rich": "RICH", "sm": "SM",
}  # fmt: skip
_ASCII = str.maketrans("⁺⁻⁰", "+-0")
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def worded(cell: str, column: str, words: Words) -> str:
    """Return the cell of a column in words; it is a label then.

    A key has that of `words`, or blanks for underscores; so have the keys within a text.  Columns
    that `words` maps to nothing keep their cells as they are.

    >>> worded("core of norm_piee, sm", "note", {"*": {"norm_piee": "$K^+$ decays"}})
    'core of $K^+$ decays, sm'
    """
    if column in words and not words[column]:
        return cell
    label = words.get(column, {}).get(cell) or words.get("*", {}).get(cell)
    if label is not None:
        return label
    known = words.get("*", {})
    if column == "quantity" and _KEY.fullmatch(cell):
        return quantity_in_words(cell)
    return _KEY.sub(lambda key: known.get(key[0]) or key[0].replace("_", " "), cell)


def quantity_in_words(key: str) -> str:
    """Return a quantity in words, its unit in brackets.

    >>> quantity_in_words("mass_gev"), quantity_in_words("effective_events")
    ('Mass (GeV)', 'Effective events')
    >>> quantity_in_words("rich_angle_acceptance_loss_sm_percent")
    'RICH angle acceptance loss SM (%)'
    >>> quantity_in_words("vertex_from_107_m")
    'Vertex from 107 m'
    """
    name, _, unit = key.rpartition("_")
    # A number before a unit has it beside it: from 107 m.
    unit = "" if name[-2:].isdigit() else _UNITS.get(unit, "")
    parts = (name if unit else key).split("_")
    text = " ".join(_ABBREVIATIONS.get(part, part) for part in parts)
    if parts[0] not in _ABBREVIATIONS:
        text = f"{text[:1].upper()}{text[1:]}"
    return f"{text}{unit}"


def particle_mathtext(name: str) -> str:
    """Return a particle of a table's text in mathematics, without the dollars."""
    if name.startswith("J/psi"):
        name = "J/psi"
    name = name.translate(_ASCII).replace("J/ψ", "J/psi")
    name = name.replace("π", "pi").replace("μ", "mu").replace("ν", "nu")
    if name.startswith("K*"):
        return rf"K^{{*{particle_mathtext(name.replace('*', '')).partition('^')[2].strip('{}')}}}"
    if name.endswith(("+-", "-+")):
        return particle_label(name[:-2]) + (r"^{\pm}" if name[-2] == "+" else r"^{\mp}")
    return _SPECIAL.get(name) or particle_label(name)


def plain(label: str) -> str:
    """Return a label as text without mathematics, for Markdown and pages.

    >>> plain("$K^+\\\\to\\\\pi^-e^+e^+$, 20 % more")
    'K⁺ → π⁻e⁺e⁺, 20 % more'
    """
    parts = label.split("$")
    if len(parts) % 2 == 0:  # a single dollar is a dollar
        return label
    parts[1::2] = [_without_mathematics(part) for part in parts[1::2]]
    return _with_particles("".join(parts))


def _with_particles(text: str) -> str:
    """The text with Greek letters and raised charges in the names of particles."""
    def symbol(match: re.Match) -> str:
        return _without_mathematics(particle_mathtext(match[0]))

    if ARROW.search(text):
        text = IN_DECAY.sub(symbol, ARROW.sub(" → ", text))
    return PARTICLE.sub(symbol, text)


def _without_mathematics(text: str) -> str:
    text = re.sub(r"\\bar ?\{?(\w)\}?", "\\1\u0304", text)
    text = re.sub(r"\\(?:mathrm|text|mathcal)\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"([\^_])(\\[A-Za-z]+)", r"\1{\2}", text)
    text = re.sub(r"\\([A-Za-z]+) ?", lambda macro: _symbol(macro[1]), text)
    text = re.sub(r"\\[,;! ]", " ", text)
    text = re.sub(r"\^(?:\{([^{}]*)\}|(.))", lambda m: _moved(m, _SUPERSCRIPTS), text)
    text = re.sub(r"_(?:\{([^{}]*)\}|(.))", lambda m: _moved(m, _SUBSCRIPTS, "_"), text)
    return re.sub(r"  +", " ", text.replace("{", "").replace("}", ""))


def _moved(match: re.Match, characters: dict[int, int], sign: str = "") -> str:
    """What is raised or lowered, with the characters that Unicode has for it."""
    inner = (match[1] if match[1] is not None else match[2]).strip()
    moved = inner.translate(characters)
    return moved if moved != inner else f"{sign}{inner}"


def _symbol(macro: str) -> str:
    if macro in _MACROS:
        return _MACROS[macro]
    kind = "CAPITAL" if macro[0].isupper() else "SMALL"
    try:
        return unicodedata.lookup(f"GREEK {kind} LETTER {macro.upper()}")
    except KeyError:
        return macro
