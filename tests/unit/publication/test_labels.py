"""Particles and decays as text for matplotlib."""

import pytest

from lnvsearch.publication.labels import decay_label, particle_label


@pytest.mark.parametrize(
    ("name", "label"),
    [("pi+", r"\pi^+"), ("pi0", r"\pi^0"), ("mu-", r"\mu^-"), ("e+", "e^+"), ("K+", "K^+"),
     ("J/psi(1S)", r"J/\psi"), ("Lambda", r"\mathrm{Lambda}")],
)
def test_particles(name, label):
    assert particle_label(name) == label


def test_a_decay_is_drawn_and_keeps_its_order():
    assert decay_label("K+", ["pi-", "pi0", "e+", "e+"]) == r"$K^+\to \pi^-\pi^0e^+e^+$"
    from matplotlib.mathtext import MathTextParser

    MathTextParser("agg").parse(decay_label("J/psi(1S)", ["K+", "K+", "e-", "e-"]))
