"""Small tables in the shape of the NA62 results: all their numbers are invented for the tests."""

import math
from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np
import quick_yaml

from lnvsearch.publication.published import read_published
from lnvsearch.publication.reasons import read_reasons
from lnvsearch.tables import table_rows

ROOT = Path(__file__).parents[5]
PAPERS = ("na62_2019", "na62_2022")

LABELS = {
    "signal_piee": r"$K^+\to\pi^-e^+e^+$",
    "signal_pimumu": r"$K^+\to\pi^-\mu^+\mu^+$",
    "signal_pipi0ee": r"$K^+\to\pi^-\pi^0e^+e^+$",
    "norm_piee": r"$K^+\to\pi^+e^+e^-$",
    "norm_pimumu": r"$K^+\to\pi^+\mu^+\mu^-$",
    "bkg_k3pi": r"$K^+\to\pi^+\pi^+\pi^-$",
    "bkg_ke4": r"$K^+\to\pi^+\pi^-e^+\nu$",
    "bkg_kmu4": r"$K^+\to\pi^+\pi^-\mu^+\nu$",
    "bkg_pipi0_dalitz": r"$K^+\to\pi^+\pi^0_D$",
    "bkg_ke3_dalitz": r"$K^+\to\pi^0_De^+\nu$",
    "bkg_eeenu": r"$K^+\to e^+\nu e^+e^-$",
    "bkg_mumumunu": r"$K^+\to\mu^+\nu\mu^+\mu^-$",
    "bkg_k3pi_no_decay": r"$K_{3\pi}$, no decay",
    "bkg_k3pi_one_decay": r"$K_{3\pi}$, one decay",
    "bkg_k3pi_downstream": r"$K_{3\pi}$, downstream",
    "control_k3pi_upstream": r"$K_{3\pi}$, upstream",
    "control_kmu3_dalitz": r"$K^+\to\pi^0_D\mu^+\nu$",
    "control_pipi0_dalitz": r"$K^+\to\pi^+\pi^0_D$",
    "bkg_pipi0pi0_dalitz": r"$K^+\to\pi^+\pi^0\pi^0_D$",
    "bkg_pipi0_dalitz_gamma": r"$K^+\to\pi^+\pi^0_D\gamma$",
    "bkg_pipi0_dalitz_gamma_soft": r"$K^+\to\pi^+\pi^0_D\gamma$, soft",
    "bkg_ke3_dalitz_gamma": r"$K^+\to\pi^0_De^+\nu\gamma$",
    "bkg_pipi0ee": r"$K^+\to\pi^+\pi^0e^+e^-$",
}


def published(paper):
    return read_published(ROOT / "resources" / "published" / paper / "numbers.csv")


@cache
def _settings(paper):
    return quick_yaml.load((ROOT / "config" / "papers" / f"{paper}.yaml").read_text("utf-8"))


def channels(paper):
    """How the kaons of each channel are counted, as the search's file says."""
    settings, counted = _settings(paper), {}
    for name, entry in settings["channels"].items():
        norm = settings["normalisation"][entry["normalisation"]]
        counted[name] = {
            "normalisation_channel": norm["channel"], "normalisation_sample": norm["sample"],
        }
        if "pi0" in entry["final_state"]:
            counted[name]["further_branching_fraction"] = {"mean": 0.98823, "sigma": 0.00034}
    return counted


def compared(paper):
    """{variation: note} of the hypotheses that the search's file compares."""
    variations = _settings(paper)["variations"].items()
    return {name: entry["description"] for name, entry in variations if entry.get("compared")}


def legends(paper):
    return {
        name: entry["legend"] for name, entry in _settings(paper)["variations"].items()
        if "legend" in entry
    }


def masses(paper, figure):
    """The settings of a figure of masses."""
    settings = _settings(paper)
    entry = settings["figures"][figure]
    selections = settings["channels"][entry["channel"]]["selections"]
    return {
        "channel": entry["channel"],
        "label": LABELS[f"signal_{entry['channel']}"],
        "channels": channels(paper),
        "panels": [
            {"selection": name, "title": title, "final_state": selections[name]["final_state"],
             "regions": selections[name]["regions"]}
            for name, title in entry["panels"].items()
        ],
    }


def additions(paper):
    return import_module(f"lnvsearch.papers.{paper}.comparison").ADDITIONS


def given(paper, results):
    """Results with all that the search's file adds to them."""
    title = _settings(paper)["title"]
    return {
        "channels": channels(paper), "compared": compared(paper), "title": title,
        "reasons": reasons(paper),
    } | results


def reasons(paper):
    return read_reasons(ROOT / "resources" / "published" / paper / "reasons.csv")


def comparison(paper, results, numbers=None):
    """The comparison with one of the papers, as a table; `numbers`: other published ones."""
    from lnvsearch.experiments.na62.publication.comparison import comparison_for_na62

    numbers = published(paper) if numbers is None else numbers
    return comparison_for_na62(numbers, given(paper, results), additions(paper))


def summary(paper, compared_table, results, numbers=None):
    from lnvsearch.experiments.na62.publication.summary import summary_for_na62

    numbers = published(paper) if numbers is None else numbers
    return summary_for_na62(
        compared_table, numbers, given(paper, results), additions(paper)
    ).text()


def inconsistencies(paper, results):
    """{title: inconsistency} of one of the papers."""
    from lnvsearch.experiments.na62.publication.numbers import Numbers

    companion = results.get("companion")
    found = additions(paper).inconsistencies(
        Numbers(published(paper), channels(paper)), companion and Numbers(companion), results
    )
    return {item.title: item for item in found}


def table(columns, rows):
    return {name: [row[i] for row in rows] for i, name in enumerate(columns.split(", "))}


def _falling(centres, events, slope_gev=0.02, end=0.62):
    shape = np.exp(-centres / slope_gev) * (centres < end)
    return events * shape / shape.sum()


def _peak(centres, events, sigma_gev=0.002):
    shape = np.exp(-0.5 * ((centres - 0.4937) / sigma_gev) ** 2) + 0.01 * (
        (centres < 0.4937) & (centres > 0.42))
    return events * shape / shape.sum()


def spectra(channel):
    """Falling backgrounds and a peak for each selection of one channel, in bins of 5 MeV."""
    edges = np.linspace(0.35, 0.60, 51)
    centres = 0.5 * (edges[1:] + edges[:-1])
    sm = {"piee": "norm_piee", "pimumu": "norm_pimumu"}
    contents = {
        "piee": {
            "sm": {"norm_piee": 2500, "bkg_k3pi": 900, "bkg_ke4": 300,
                   "bkg_pipi0_dalitz": 20},
            "sm_rich": {"norm_piee": 2300, "bkg_k3pi": 2, "bkg_ke4": 280},
            "sm_auxiliary": {"norm_piee": 2700, "bkg_k3pi": 9e5, "bkg_ke4": 300,
                             "bkg_pipi0_dalitz": 25},
            "lnv": {"signal_piee": 1.1, "bkg_ke3_dalitz": 4, "bkg_eeenu": 2,
                    "bkg_k3pi": 0.9, "bkg_ke4": 3.3, "bkg_pipi0_dalitz": 0.03},
            "lnv_auxiliary": {"signal_piee": 1.2, "bkg_ke3_dalitz": 4.4,
                              "bkg_eeenu": 2.1, "bkg_k3pi": 9e3, "bkg_ke4": 600,
                              "bkg_pipi0_dalitz": 30, "norm_piee": 0.3},
            "lnv_missing_momentum": {"bkg_ke3_dalitz": 800, "bkg_eeenu": 10,
                                     "bkg_ke4": 40},
        },
        "pimumu": {
            "sm": {"norm_pimumu": 8400, "bkg_k3pi_one_decay": 500, "bkg_k3pi_downstream": 900},
            "lnv": {"signal_pimumu": 7.8, "bkg_k3pi_one_decay": 80, "bkg_k3pi_no_decay": 3,
                    "bkg_k3pi_downstream": 200, "norm_pimumu": 0.5,
                    "bkg_kmu4": 1, "bkg_ke4": 1, "bkg_mumumunu": 0.2},
        },
        "pipi0ee": {
            "lnv": {"signal_pipi0ee": 0.27, "bkg_pipi0pi0_dalitz": 0.16,
                    "bkg_pipi0_dalitz_gamma": 0.03, "bkg_pipi0_dalitz_gamma_soft": 0.03,
                    "bkg_ke3_dalitz_gamma": 0.05, "bkg_pipi0ee": 0.01},
        },
    }[channel]
    rows = []
    for selection, samples in contents.items():
        for sample, events in samples.items():
            peaks = sample.startswith("signal") or sample == sm.get(channel)
            shape = _peak(centres, events) if peaks else _falling(centres, events)
            rows += [
                (selection, sample, LABELS[sample], role(sample), low, high, value, 0.1 * value)
                for low, high, value in zip(
                    edges[:-1].tolist(), edges[1:].tolist(), shape.tolist(), strict=True)
            ]
    return table(
        "selection, sample, label, role, mass_low_gev, mass_high_gev, expected_events, uncertainty",
        rows,
    )


def identification():
    """Maps of identification probabilities, and their closure within one standard deviation."""
    momenta = np.arange(7.0, 44.1, 2.0)
    maps = {
        "efficiency_pion": 0.982 + 1e-4 * (momenta - 6),
        "pion_to_electron_lkr_positive": np.full_like(momenta, 0.0105),
        "pion_to_electron_lkr_negative": np.full_like(momenta, 0.0100),
        "pion_to_electron_rich": 10 ** (-3 + ((momenta - 25) / 15) ** 2),
        "electron_to_pion": 0.012 + 0.008 * (44 - momenta) / 38,
        "efficiency_electron_lkr": 0.955 + 0.02 * momenta / 44,
        "efficiency_electron_rich": 0.93 + 0.06 * momenta / 44,
        "pion_to_muon": 0.009 - 0.005 * (momenta - 5) / 40,
        "muon_to_pion": np.full_like(momenta, 0.0015),
    }
    rows = []
    for name, values in maps.items():
        for i, (momentum, true) in enumerate(zip(momenta, values, strict=True)):
            sigma = 0.02 * min(true, 1 - true)
            rows.append((name, float(momentum), float(true),
                         float(true + sigma * math.sin(3.7 * i)), float(sigma)))
    return table(
        "map, momentum_gev, true_probability, measured_probability, uncertainty", rows
    )


def _acceptance_row(sample, variation, selection, region, value):
    return (sample, variation, selection, region, value, 0.01 * value, 10000.0, 200000)


def acceptance(paper):
    """Acceptance tables of both channels of a paper: nominal, hypotheses, one more variation."""
    columns = ("sample, variation, selection, region, acceptance, acceptance_uncertainty, "
               "effective_events, generated_events")
    first = paper == "na62_2019"
    ee = [
        _acceptance_row("norm_piee", "nominal", "sm", "normalisation", 0.060),
        _acceptance_row("norm_piee", "harder_cut", "sm", "normalisation", 0.057),
        _acceptance_row("signal_piee", "nominal", "lnv", "signal", 0.066),
        _acceptance_row("signal_piee", "harder_cut", "lnv", "signal", 0.062),
        _acceptance_row(
            "signal_piee", "physical_radiation", "lnv", "signal", 0.076),
    ]
    tables = {"piee": table(columns, ee)}
    if first:
        tables["pimumu"] = table(columns, [
            _acceptance_row("norm_pimumu", "nominal", "sm", "normalisation", 0.17),
            _acceptance_row("signal_pimumu", "nominal", "lnv", "signal", 0.168),
            _acceptance_row(
                "norm_pimumu", "hypothesis_b_outer_tiles", "sm", "normalisation", 0.15),
            _acceptance_row("signal_pimumu", "hypothesis_b_outer_tiles", "lnv", "signal", 0.14),
        ])
    else:
        tables["pipi0ee"] = table(columns, [
            _acceptance_row("signal_pipi0ee", "nominal", "lnv", "signal", 0.0084),
        ])
    return tables


def sensitivity(paper):
    """Records of the sensitivities, as made from these acceptances and the published inputs."""
    numbers = published(paper)
    tables = acceptance(paper)
    records = {}
    for channel in tables:
        norm = "piee" if channel == "pipi0ee" else channel
        target = numbers.value("normalisation_acceptance_percent", channel=norm) / 100
        decays = numbers.value("n_kaon_decays", channel="all" if paper == "na62_2022" else norm)
        simulated = {
            row["variation"]: row
            for row in table_rows(tables[channel]) if row["sample"] == f"signal_{channel}"
        }
        standard = {
            row["variation"]: row["acceptance"]
            for row in table_rows(tables[norm]) if row["sample"] == f"norm_{norm}"
        }
        entries = {}
        for variation, row in simulated.items():
            value = target / standard.get(variation, standard["nominal"]) * row["acceptance"]
            entries[variation] = {
                "signal_acceptance": value, "signal_acceptance_uncertainty": 0.014 * value,
                "acceptance_ratio": target / value,
                "acceptance_ratio_uncertainty": 0.014 * target / value,
                "single_event_sensitivity": 1 / (decays * value),
                "single_event_sensitivity_uncertainty": 0.03 / (decays * value),
            }
        records[channel] = {"n_kaon_decays": {"mean": decays}, "simulated": entries}
        if channel == "pipi0ee":
            records[channel]["neutral_pion_factor"] = {
                "value": 0.00271 / entries["nominal"]["signal_acceptance"], "rule": "a fit"}
    return records


_BACKGROUND_COLUMNS = (
    "sample, label, role, variation, selection, region, expected_events, statistical_uncertainty, "
    "systematic_uncertainty, effective_events"
)


def role(sample):
    """What the samples of the searches' files are for."""
    return {"signal": "signal", "norm": "normalisation", "bkg": "background", "control": "control"}[
        sample.partition("_")[0]
    ]


def _background_rows(selection, contents, variation="nominal"):
    """Rows of one selection: contents = {sample: {region: events}}."""
    return [
        (sample, LABELS[sample], role(sample), variation, selection, region, events, 0.1 * events,
         0.2 * events, 100.0)
        for sample, regions in contents.items()
        for region, events in regions.items()
    ]


def backgrounds(paper):
    """Background tables of both channels of a paper."""
    if paper == "na62_2019":
        ee = {
            "bkg_ke3_dalitz": {"lower": 1.5, "masked": 0.5, "signal": 0.13},
            "bkg_eeenu": {"lower": 0.4, "masked": 0.18, "signal": 0.05},
            "bkg_k3pi": {"lower": 1.8, "below_470_mev": 18.0, "masked": 0.0, "signal": 0.0},
            "bkg_ke4": {"lower": 2.0, "masked": 0.0, "signal": 0.0},
        }
        auxiliary = {
            "bkg_k3pi": {"lower": 7e4, "below_470_mev": 9e5, "signal": 0.0},
            "bkg_ke4": {"lower": 380.0, "signal": 0.0},
            "bkg_ke3_dalitz": {"lower": 1.6, "signal": 0.14},
            "bkg_pipi0_dalitz": {"lower": 3.0, "signal": 0.6},
        }
        standard = {"bkg_k3pi": {"lower": 100.0, "below_470_mev": 120.0, "normalisation": 0.1},
                    "bkg_ke4": {"lower": 300.0, "normalisation": 0.2}}
        relaxed = {"bkg_k3pi": {"lower": 6e4, "below_470_mev": 1.2e5, "normalisation": 1.0}}
        mumu = {
            "bkg_k3pi_no_decay": {"lower": 4.0, "masked": 0.02, "signal": 0.006},
            "bkg_k3pi_one_decay": {"lower": 90.0, "masked": 0.5, "signal": 0.2},
            "bkg_k3pi_downstream": {"lower": 150.0, "masked": 0.6, "signal": 0.25},
            "control_k3pi_upstream": {"lower": 60.0, "masked": 0.4, "signal": 0.2},
            "control_kmu3_dalitz": {"lower": 0.02, "masked": 0.001, "signal": 2e-4},
            "control_pipi0_dalitz": {"lower": 0.01, "masked": 0.001, "signal": 1e-4},
            "norm_pimumu": {"lower": 0.2, "masked": 0.2, "signal": 0.09},
            "bkg_kmu4": {"lower": 1.0, "masked": 0.1, "signal": 0.04},
            "bkg_ke4": {"lower": 1.0, "masked": 0.1, "signal": 0.05},
            "bkg_mumumunu": {"lower": 0.1, "masked": 0.02, "signal": 0.01},
        }
        mumu_sm = {"bkg_k3pi_downstream": {"lower": 900.0, "normalisation": 5.0},
                   "control_k3pi_upstream": {"lower": 300.0, "normalisation": 200.0}}
        return {
            "piee": table(_BACKGROUND_COLUMNS, [
                *_background_rows("lnv", ee), *_background_rows("lnv_auxiliary", auxiliary),
                *_background_rows("sm", standard), *_background_rows("sm_auxiliary", relaxed),
                *_background_rows("lnv", ee, "harder_cut"),
            ]),
            "pimumu": table(_BACKGROUND_COLUMNS, [
                *_background_rows("lnv", mumu), *_background_rows("sm", mumu_sm)]),
        }
    ee = {
        "bkg_k3pi": {"lower": 2.0, "upper": 0.0, "masked": 0.0, "signal": 0.0},
        "bkg_ke4": {"lower": 5.0, "upper": 0.0, "masked": 0.0, "signal": 0.0},
        "bkg_pipi0_dalitz": {"lower": 0.0, "upper": 0.03, "masked": 0.02, "signal": 0.005},
        "bkg_ke3_dalitz": {"lower": 4.4, "upper": 1.35, "masked": 1.5, "signal": 0.33},
        "bkg_eeenu": {"lower": 0.8, "upper": 0.9, "masked": 0.5, "signal": 0.16},
    }
    harder = {
        sample: {region: 1.2 * events for region, events in regions.items()}
        for sample, regions in ee.items()
    }
    four = {
        "bkg_pipi0pi0_dalitz": {"control": 0.2, "signal": 0.02},
        "bkg_pipi0_dalitz_gamma": {"control": 0.03, "signal": 0.003},
        "bkg_pipi0_dalitz_gamma_soft": {"control": 0.04, "signal": 0.002},
        "bkg_ke3_dalitz_gamma": {"control": 0.05, "signal": 0.001},
        "bkg_pipi0ee": {"control": 0.01, "signal": 0.001},
    }
    return {
        "piee": table(_BACKGROUND_COLUMNS, [
            *_background_rows("lnv", ee), *_background_rows("lnv", harder, "harder_cut"),
            *_background_rows("sm", {"bkg_pipi0_dalitz": {"normalisation": 8.0}}),
        ]),
        "pipi0ee": table(_BACKGROUND_COLUMNS, [
            *_background_rows("lnv", four),
            *(("pileup", "pileup (derived)", "derived", "nominal", "lnv", region, events, events, 0.0, 1.0)
              for region, events in (("control", 0.18), ("signal", 0.02))),
        ]),
    }


def control_samples():
    """The control samples of the mu mu search: weights of 0.0018 and 0.25, one region empty."""
    columns = ("process, selection, sample, label, region, control_events, "
               "control_events_uncertainty, weight_per_control_event, expected_events, "
               "statistical_uncertainty, effective_events, expected_precision")
    rows = [
        ("k3pi_no_decay", "lnv_inverted_none", sample, LABELS[sample], "signal", events,
         0.1 * events, 0.0018, 0.0018 * events, 0.00018 * events, 100.0, 0.0018 * math.sqrt(events))
        for sample, events in (("bkg_k3pi_no_decay", 4.0), ("bkg_ke4", 2.0))
    ]
    rows.append(("k3pi_one_decay", "lnv_inverted_one", "bkg_k3pi_one_decay",
                 LABELS["bkg_k3pi_one_decay"], "signal", 0.0, 0.4, None, 0.0, 0.1, 0.0, 0.0))
    return table(columns, rows)


def contamination():
    """Other decays among the probes of identification, at two momenta."""
    columns = ("probe, mode, label, momentum_gev, fraction, uncertainty, "
               "fraction_without_muon_signal, uncertainty_without_muon_signal")
    return table(columns, [
        ("electron", "mu_nu_pi0", "Kmu3", 10.0, 0.05, 0.01, 1e-4, 2e-5),
        ("electron", "mu_nu_pi0", "Kmu3", 42.0, 0.50, 0.02, 1.6e-3, 1e-4),
        ("muon", "pi_pi0", "pi pi0", 10.0, 0.0, 1e-4, None, None),
        ("muon", "pi_pi0", "pi pi0", 42.0, 0.0, 1e-4, None, None),
    ])


def measurements(paper):
    """What the checks of a simulation measured."""
    rows = [
        ("mass_resolution_mev", "piee", "nominal", 1.6, 0.02, ""),
        ("ee_mass_acceptance_loss_percent", "piee", "nominal", 26.2, 0.3, ""),
        ("rich_angle_acceptance_loss_percent", "piee", "nominal", 6.8, 0.2, ""),
        ("k3pi_acceptance_of_package_percent", "all", "nominal", 18.6, 0.1, ""),
        ("k3pi_acceptance_of_package_four_chambers_percent", "all", "nominal", 18.6, 0.1, ""),
    ]
    if paper == "na62_2019":
        rows += [
            ("mass_resolution_mev", "pimumu", "nominal", 1.09, 0.02, ""),
        ]
    else:
        rows += [
            ("mass_resolution_mev", "pipi0ee", "nominal", 1.65, 0.03, ""),
            ("track_vertex_z_resolution_m", "pipi0ee", "nominal", 0.24, 0.01, ""),
            ("neutral_vertex_z_resolution_m", "pipi0ee", "nominal", 1.7, 0.05, ""),
            ("control_normalisation_acceptance_loss_percent", "piee", "nominal", 9.0, 0.3, ""),
        ]
    return table("quantity, channel, variant, value, uncertainty, note", rows)


def dalitz_candidates(channel, n_events=20000, seed=7):
    """Decays uniform in the Dalitz plane (by rejection), kept with a probability that falls."""
    from lnvsearch import particles
    from lnvsearch.experiments.na62.publication.figures.acceptance import dalitz_limits

    lepton = {"piee": "e+", "pimumu": "mu+"}[channel]
    kaon, pion, mass = (particles.mass_gev(name) for name in ("K+", "pi+", lepton))
    rng = np.random.Generator(np.random.Philox(seed))
    x, y = rng.uniform((pion + mass) ** 2, (kaon - mass) ** 2, (2, 4 * n_events))
    low, high = dalitz_limits(x, kaon, pion, mass)
    inside = (y > low) & (y < high)
    x, y = x[inside], y[inside]
    weight = np.full(len(x), 0.5)
    kept = rng.random(len(x)) < 0.2
    return {
        "weight": weight[kept],
        "true_mass_1_gev": np.sqrt(x[kept]),
        "true_mass_2_gev": np.sqrt(y[kept]),
    }, float(len(x))
