"""Words and numbers of the limit commands: spellings that are forgiven, digits that are printed."""

from __future__ import annotations

import math
import re

#: Used where no method is asked for; the answer says so.
DEFAULT_METHOD = "cls"
METHODS = ("rolke", "cls", "cls-profiled", "feldman-cousins", "bayesian")
#: Other names of methods.
ALIASES = {
    "cls-averaged": "cls",
    "fc": "feldman-cousins",
    "feldmancousins": "feldman-cousins",
    "bayes": "bayesian",
    "trolke": "rolke",
}
_OPTION = re.compile(r"(--[A-Za-z][A-Za-z_-]*)(=.*)?", re.DOTALL)
# Leading three digits below which a limit has three digits, and two beyond.
_THREE_DIGITS_BELOW = 355


def choice(text: str) -> str:
    """Return a word of a list of choices in the spelling of the list: `Profile_Likelihood`.

    >>> choice("Profile_Likelihood")
    'profile-likelihood'
    """
    words = text.strip().lower().replace("_", "-").split(",")
    return ",".join(word.strip().replace(" ", "-") for word in words)


def method_name(text: str) -> str:
    """Return the method's own name for any spelling of it; an unknown one as it was typed.

    >>> method_name("CLs"), method_name("FC")
    ('cls', 'feldman-cousins')
    """
    name = choice(text)
    name = ALIASES.get(name, name)
    return name if name in METHODS else text


def setting_name(text: str) -> str:
    """Return a setting's name, with hyphens, from an option or a head of a column as it was typed.

    >>> setting_name("Normalization_uncertainty")
    'normalisation-uncertainty'
    """
    return choice(text).strip("-").replace("normalization", "normalisation")


def option_word(word: str) -> str:
    """Return an argument of the command line with the option in it, if there is one, as declared.

    >>> option_word("--Normalization=1e9")
    '--normalisation=1e9'
    """
    match = _OPTION.fullmatch(word)
    return f"--{setting_name(match[1])}{match[2] or ''}" if match else word


def printed(value: float) -> str:
    """Return a limit with one digit more than the Particle Data Group's rule gives an error.

    Three digits where the leading ones are 100 to 354, two from 355 to 999 (PDG, Review of Particle
    Physics, Introduction, Section 5.3), so that rounding changes no limit by more than 1.4 %.

    >>> printed(23.1869), printed(4.3118e-11), printed(2.302585)
    ('23.2', '4.3e-11', '2.30')
    """
    if value == 0.0 or not math.isfinite(value):
        return f"{value:g}"
    leading = int(f"{abs(value):.2e}"[:4].replace(".", ""))
    return f"{value:#.{3 if leading < _THREE_DIGITS_BELOW else 2}g}".removesuffix(".")
