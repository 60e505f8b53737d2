"""Numbers of a paper as cells: value and uncertainty with the printed digits, one power of ten."""

from __future__ import annotations

from lnvsearch.publication.published import PublishedNumber, PublishedNumbers

__all__ = ["printed", "printed_pair", "printed_region"]


def printed(number: PublishedNumber | None) -> str:
    """Return a number with the uncertainty in its own row, as printed; empty for None."""
    if number is None:
        return ""
    if number.uncertainty is None:
        return number.digits
    mantissa, _, exponent = number.digits.partition("e")
    decimals = len(mantissa.partition(".")[2])
    if not exponent:
        return f"{mantissa} ± {number.uncertainty:.{decimals}f}"
    uncertainty = number.uncertainty / 10.0 ** int(exponent)
    return f"({mantissa} ± {uncertainty:.{decimals}f})e{int(exponent)}"


def printed_pair(published: PublishedNumbers, quantity: str, channel: str) -> str:
    """Return a number with the uncertainties that have rows of their own."""
    number = published.find(quantity, channel=channel)
    if number is None:
        return ""
    names = (f"{quantity}_uncertainty", f"{quantity}_statistical_uncertainty",
             f"{quantity}_external_uncertainty")
    found = (published.find(name, channel=channel) for name in names)
    parts = [n.digits for n in found if n is not None]
    return _sum(number.digits, *parts) if parts else printed(number)


def printed_region(published: PublishedNumbers, start: str, channel: str) -> str:
    """Return a background as printed: `…_events` with `…_uncertainty` or its own ±."""
    number = published.find(f"{start}_events", channel=channel)
    names = (f"{start}_uncertainty", f"{start}_events_uncertainty")
    found = (published.find(name, channel=channel) for name in names)
    sigma = next((n for n in found if n is not None), None)
    if number is None or sigma is None:
        return printed(number)
    return _sum(number.digits, sigma.digits)


def _sum(*digits: str) -> str:
    """Return "(a ± b ± c)en" for numbers printed with one power of ten, else "a ± b ± c"."""
    parts = [text.partition("e") for text in digits]
    exponents = {exponent for _, _, exponent in parts}
    if exponents == {""} or len(exponents) > 1:
        return " ± ".join(digits)
    return f"({' ± '.join(mantissa for mantissa, _, _ in parts)})e{int(exponents.pop())}"
