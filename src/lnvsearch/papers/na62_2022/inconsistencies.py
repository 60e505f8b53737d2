"""Where the paper disagrees with itself or with the first one, from their own numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from lnvsearch.experiments.na62.publication.numbers import Numbers
from lnvsearch.publication.rounding import round_significant
from lnvsearch.publication.inconsistencies import Inconsistency

__all__ = ["inconsistencies"]


def inconsistencies(
    numbers: Numbers, companion: Numbers | None, results: Mapping[str, Any]
) -> Iterator[Inconsistency]:
    """Yield the inconsistencies, the weightiest first; with the first paper's numbers one more."""
    yield _rounding_edge(numbers)
    yield _kaon_decays(numbers)
    yield _control_selection(numbers)
    yield _pileup(numbers)
    yield _mass_name(numbers)
    if companion is not None:
        yield _background_per_kaon(numbers, companion)


def _rounding_edge(numbers: Numbers) -> Inconsistency:
    factor = -math.log1p(-numbers.value("confidence_level_percent") / 100)
    number = numbers.number("single_event_sensitivity", "piee")
    low, high = (factor * (number.value + sign * number.resolution / 2) for sign in (-1, 1))
    recomputed = numbers.sensitivity("piee").mean
    # Averaging exp(-s f) over a factor f of mean 1 and width r: s grows by s r^2/2, relative.
    width = numbers.value("single_event_sensitivity_uncertainty", "piee") / number.value
    growth = 100 * factor * width**2 / 2
    return Inconsistency(
        "The π⁻e⁺e⁺ limit sits on the edge of its rounding",
        numbers.number("upper_limit_branching_fraction", "piee").digits,
        round_significant(factor * number.value, 4),
        "Without an observed event CLs gives ln 10 times the sensitivity, whatever the background. "
        f"From the printed {number.digits} that is {round_significant(factor * number.value, 5)}, "
        f"from its inputs {round_significant(factor * recomputed, 5)}: both round to 5.2e-11. "
        f"The rounding of the sensitivity alone allows {round_significant(low, 4)} to "
        f"{round_significant(high, 4)}, and averaging over its uncertainty adds {growth:.1f} %, so "
        "5.3e-11 is not in contradiction.",
    )


def _kaon_decays(numbers: Numbers) -> Inconsistency:
    decays = numbers.kaon_decays("piee")
    printed = numbers.number("n_kaon_decays")
    systematic = numbers.number("n_kaon_decays_systematic_uncertainty")
    return Inconsistency(
        "The last digit of the number of kaon decays",
        f"({printed.value / 1e12:.3f} ± {systematic.value / 1e12:.3f} syst) × 10¹²",
        f"({decays.mean / 1e12:.5f} ± {decays.external_and_systematic / 1e12:.4f}) × 10¹²",
        "(1 − f)N/(B·A) with the printed inputs rounds to "
        f"{decays.mean / 1e12:.3f}; the acceptance is printed with three digits, which leaves "
        "0.14 % open. The printed systematic uncertainty is that of the branching fraction alone "
        f"({decays.external / 1e12:.4f}); with the acceptance's 0.02 % it would be "
        f"{decays.external_and_systematic / 1e12:.3f}.",
    )


def _control_selection(numbers: Numbers) -> Inconsistency:
    loss = numbers.value("control_normalisation_acceptance_loss_percent", "piee")
    signal = numbers.value("normalisation_candidates", "piee") * (
        1 - numbers.value("normalisation_contamination", "piee")
    )
    kept = numbers.value("control_normalisation_candidates", "piee") / signal

    def change(percent: float) -> float:
        return 100 * (kept / (1 - percent / 100) - 1)

    return Inconsistency(
        "The cross-check of the number of kaon decays",
        "changes by less than 1 %",
        f"{change(loss):+.2f} %",
        f"{100 * kept:.1f} % of the candidates are left, so a loss of acceptance of exactly "
        f"{loss:g} % changes N_K by {change(loss):+.2f} %. The rounding of the loss "
        f"({loss - 0.5:g} to {loss + 0.5:g} %) allows {change(loss - 0.5):+.2f} to "
        f"{change(loss + 0.5):+.2f} %.",
    )


def _pileup(numbers: Numbers) -> Inconsistency:
    channel = "pipi0ee"
    in_sidebands = numbers.value("pileup_sideband_events_control_region", channel)
    in_signal_time = in_sidebands / numbers.value("pileup_sideband_width_ratio", channel)
    low, high = (numbers.value(f"control_region_{end}_mev", channel) for end in ("low", "high"))
    signal = numbers.value("signal_region_high_mev", channel) - numbers.value(
        "signal_region_low_mev", channel
    )
    full = high - low
    uniform = in_signal_time * (1 - signal / full), in_signal_time * signal / full
    shares = f"{uniform[0]:.2f} and {uniform[1]:.3f}"
    elsewhere = in_signal_time * signal / (full - signal)
    printed = {
        region: numbers.number(f"background_pileup_{region}_region_events", channel).digits
        for region in ("control", "signal")
    }
    return Inconsistency(
        "The pileup background of K⁺ → π⁻π⁰e⁺e⁺",
        f"{printed['control']} (control) and {printed['signal']} (signal)",
        shares,
        f"One event in sidebands five times as wide is {in_signal_time:.2f} in time. Spread "
        f"uniformly over {full:g} MeV, {full - signal:g} MeV of them control region, it is "
        f"{shares}; all of it in the control region would make {elsewhere:.4f} in the signal "
        "region. The table has the full rate in one and the shared rate in the other; the "
        "difference is small beside an uncertainty of 100 %.",
    )


def _mass_name(numbers: Numbers) -> Inconsistency:
    number = numbers.number("pi_ee_mass_minimum_in_section_5_mev", "piee")
    low = numbers.value("normalisation_region_low_mev", "piee")
    return Inconsistency(
        "A mass condition by another name",
        number.printed_as,
        f"m_ee > {numbers.number('ee_mass_minimum_mev', 'piee').digits} MeV/c²",
        "Section 5 explains the larger signal acceptance by the absence of the condition; section "
        f"2 applies it to m_ee. On m_πee, whose normalisation region begins at {low:g} MeV, it "
        "would remove nothing.",
    )


def _background_per_kaon(numbers: Numbers, first: Numbers) -> Inconsistency:
    before = first.value("background_events_control_region", "piee") / first.value(
        "n_kaon_decays", "piee"
    )
    now = numbers.value("background_total_lower_region_events", "piee") / numbers.value(
        "n_kaon_decays"
    )
    return Inconsistency(
        "The background below the signal region, per kaon decay, in the two papers",
        f"{before * 1e12:.1f} per 10¹² decays (2017 data)",
        f"{now * 1e12:.1f} per 10¹² decays (2016–18)",
        "Below 470 MeV the two papers expect "
        f"{first.number('background_events_control_region', 'piee').digits} and "
        f"{numbers.number('background_total_lower_region_events', 'piee').digits} events: a factor "
        f"{before / now:.1f} less per kaon in the later one, whose selection is little different "
        "in print (momentum ranges). No cause is given.",
    )
