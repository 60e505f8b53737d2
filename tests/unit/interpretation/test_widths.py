"""Widths and production of N: limits known by hand, measured kaon decays, and HNLCalc's numbers.

hnlcalc.csv: computed with HNLCalc (github.com/laroccod/HNLCalc at a873844, particle 1.1; J. L. Feng et al.,
Phys. Rev. D 110 (2024) 035029): `total_width` after gen_ctau, get_2body_br, and get_3body_dbr_pseudoscalar
integrated with 80 x 80 nodes in place of its 100 random points.  Production is a branching fraction.
"""

import math
from pathlib import Path

import pytest

from lnvsearch import particles
from lnvsearch.interpretation import constants, production
from lnvsearch.interpretation.mixing import Mixing
from lnvsearch.interpretation.widths import (
    HeavyNeutralLepton,
    _neutral_current,
    phase_space,
    qcd_correction,
)
from lnvsearch.tables import read_csv, table_rows

ROWS = table_rows(read_csv(Path(__file__).with_name("hnlcalc.csv")))
ELECTRON, MUON, TAU = (Mixing.from_ratio(text) for text in ("1:0:0", "0:1:0", "0:0:1"))


def ours(row):
    mass, mixing = row["mass_gev"], row["mixing"]
    if row["quantity"] == "width_gev":
        return HeavyNeutralLepton(mass, Mixing.from_ratio(mixing)).total_width_gev
    if row["quantity"] == "kaon_to_lepton":
        return production.kaon_to_lepton(mass, mixing)
    parent = "K+" if "plus" in row["quantity"] else "K(L)0"
    return production.kaon_to_pion_lepton(mass, mixing, parent, "hnlcalc")


def test_all_is_within_a_percent_of_hnlcalc():
    assert len(ROWS) >= 90
    worst = max(ROWS, key=lambda row: abs(ours(row) / row["value"] - 1.0))
    assert ours(worst) == pytest.approx(worst["value"], rel=0.01), worst


def test_muon_decay_has_the_known_phase_space():
    # 1 - 8x + 8x^3 - x^4 - 12 x^2 ln x for one massive fermion.
    x = 0.04
    known = 1.0 - 8.0 * x + 8.0 * x**3 - x**4 - 12.0 * x**2 * math.log(x)
    assert phase_space(x, 0.0, 0.0) == pytest.approx(known, rel=1e-6)
    assert phase_space(0.0, 0.0, x) == pytest.approx(known, rel=1e-6)
    assert phase_space(0.0, 0.0, 0.0) == pytest.approx(1.0, rel=1e-6)
    assert phase_space(0.02, 0.05, 0.1) == pytest.approx(phase_space(0.1, 0.02, 0.05), rel=1e-6)
    assert phase_space(0.25, 0.0625, 0.0625) == 0.0


def test_neutral_current_has_its_limits():
    assert _neutral_current(1e-6, 0.3, 0.7) == pytest.approx(0.3, rel=1e-9)
    assert _neutral_current(0.4999999, 0.3, 0.0) == pytest.approx(0.0, abs=1e-3)
    assert _neutral_current(0.5, 0.3, 0.7) == 0.0


def test_a_width_goes_with_the_fifth_power_of_a_small_mass():
    one, two = (HeavyNeutralLepton(mass, TAU).widths_gev["nu nu nu"] for mass in (0.01, 0.02))
    assert two / one == pytest.approx(32.0)
    # Three neutrinos, Majorana: G^2 m^5 / 96 pi^3.
    assert one == pytest.approx(constants.FERMI_CONSTANT**2 * 0.01**5 / (96.0 * math.pi**3))


@pytest.mark.parametrize("mass", [0.005, 0.12, 0.3, 0.9, 1.5])
@pytest.mark.parametrize("text", ["1:0:0", "0:0:1", "3:2:1"])
def test_a_dirac_lepton_lives_twice_as_long(mass, text):
    mixing = Mixing.from_ratio(text)
    majorana, dirac = (HeavyNeutralLepton(mass, mixing, nature) for nature in (True, False))
    assert majorana.total_width_gev == pytest.approx(2.0 * dirac.total_width_gev)
    assert not any("+ pi-" in mode for mode in dirac.widths_gev)
    assert sum(map(majorana.branching_fraction, majorana.widths_gev)) == pytest.approx(1.0)


def test_a_majorana_lepton_decays_to_both_charges_alike():
    neutral = HeavyNeutralLepton(0.35, Mixing.from_ratio("1:1:1"))
    assert neutral.branching_fraction("e+ pi-") == neutral.branching_fraction("e- pi+") > 0.0
    assert neutral.branching_fraction("mu+ pi-") < neutral.branching_fraction("e+ pi-")
    assert neutral.branching_fraction("tau- pi+") == 0.0


def test_the_widths_of_a_pattern_are_those_of_its_flavours():
    shares = Mixing.from_ratio("0.2:0.5:0.3")
    for mass in (0.3, 1.4):
        whole = HeavyNeutralLepton(mass, shares).total_width_gev
        parts = sum(
            shares.share(flavour) * HeavyNeutralLepton(mass, single).total_width_gev
            for flavour, single in (("e", ELECTRON), ("mu", MUON), ("tau", TAU))
        )
        assert whole == pytest.approx(parts, rel=1e-12)


def test_quarks_carry_the_correction_of_tau_decays():
    # R_tau = 3 (1 + delta) without electroweak corrections: 0.2 at the mass of the tau.
    assert qcd_correction(particles.mass_gev("tau-")) == pytest.approx(0.19, abs=0.02)
    below, above = (HeavyNeutralLepton(mass, ELECTRON) for mass in (1.0, 1.0001))
    assert not below.quark_widths_gev and above.quark_widths_gev
    assert above.total_width_gev / below.total_width_gev == pytest.approx(1.0, abs=0.25)


def test_the_lifetime_goes_with_the_inverse_mixing():
    neutral = HeavyNeutralLepton(0.3, ELECTRON)
    # HNLCalc: c tau = 0.0803387 m for |U|^2 = 1.
    assert neutral.lifetime_ps(1.0) * 2.99792458e-4 == pytest.approx(0.0803387, rel=1e-4)
    assert neutral.lifetime_ps(1e-6) == pytest.approx(1e6 * neutral.lifetime_ps(1.0))
    with pytest.raises(ValueError, match="must be > 0"):
        neutral.lifetime_ps(0.0)


@pytest.mark.parametrize("mass", [0.0049, 2.01, -1.0, math.nan])
def test_a_mass_without_widths_is_refused(mass):
    with pytest.raises(ValueError, match=r"0.005 to 2 GeV"):
        HeavyNeutralLepton(mass, ELECTRON)


@pytest.mark.parametrize("text", ["1:0", "a:b:c", "-1:1:1", "0:0:0", "inf:1:1", "nan:1:0", ""])
def test_unphysical_mixing_is_refused(text):
    with pytest.raises(ValueError, match="mixing"):
        Mixing.from_ratio(text)


def test_light_neutrinos_come_out_as_measured():
    # PDG 2022: K+ -> mu nu 63.56 %, without its radiative corrections, which are 1 %.
    tiny = 1e-4
    assert production.kaon_to_lepton(tiny, "mu") == pytest.approx(0.6356, rel=0.015)
    # K+ -> pi0 e nu 5.07 %, pi0 mu nu 3.352 %; K_L -> pi e nu 40.55 %, pi mu nu 27.04 %, of both charges;
    # with the long-distance photons in the amplitude that are left out here (FlaviaNet 2010).
    for parent, flavour, measured, photons in (
        ("K+", "e", 0.0507, 0.0005), ("K+", "mu", 0.03352, 0.0001),
        ("K(L)0", "e", 0.5 * 0.4055, 0.00495), ("K(L)0", "mu", 0.5 * 0.2704, 0.0070),
    ):  # fmt: skip
        found = production.kaon_to_pion_lepton(tiny, flavour, parent) * (1.0 + photons) ** 2
        assert found == pytest.approx(measured, rel=0.01), (parent, flavour)


def test_a_heavy_lepton_lifts_the_suppression_of_electrons():
    helicity = (particles.mass_gev("e-") / 0.3) ** 2
    light = production.kaon_to_lepton(1e-5, "e")
    assert light / production.kaon_to_lepton(0.3, "e") == pytest.approx(2.5 * helicity, rel=0.3)


@pytest.mark.parametrize("flavour", ["e", "mu"])
def test_nothing_is_produced_beyond_its_phase_space(flavour):
    lepton, kaon = constants.lepton_mass_gev(flavour), particles.mass_gev("K+")
    assert production.kaon_to_lepton(kaon - lepton, flavour) == 0.0
    assert production.kaon_to_lepton(kaon - lepton - 1e-6, flavour) > 0.0
    pion = particles.mass_gev("pi0")
    assert production.kaon_to_pion_lepton(kaon - lepton - pion, flavour) == 0.0
    assert production.kaon_to_pion_lepton(kaon - lepton - pion - 1e-3, flavour) > 0.0
    with pytest.raises(ValueError, match="parent must be"):
        production.kaon_to_pion_lepton(0.1, flavour, "D+")


def test_jpsi_to_neutrinos_is_as_published():
    # L. N. Chang, O. Lebedev, J. N. Ng: B(nu nubar, three flavours) = 4.54e-7 B(e+ e-), with alpha and
    # sin^2 of their time; a third of it is one flavour.
    assert production.jpsi_to_pair(0.01) == pytest.approx(4.54e-7 * 0.0597 / 3.0, rel=0.25)
    assert production.jpsi_to_pair(1.6) == 0.0
