"""Combined limits: closed forms, one channel as the single methods, shared errors, overlaps."""

import json

import numpy as np
import pytest
from scipy import stats

from lnvsearch.cli import main
from lnvsearch.statistics import (
    CountingExperiment,
    GaussianBackground,
    GaussianEfficiency,
    KnownBackground,
    KnownEfficiency,
    bayesian,
    cls,
    combination,
    feldman_cousins,
    rolke,
)
from lnvsearch.statistics.combination import Channel, interval


def test_nothing_seen_anywhere_adds_the_efficiencies():
    channels = [Channel("a", 0, 0.3, 1.0), Channel("b", 0, 0.5, 3.0)]
    for method in ("cls", "bayesian"):
        assert interval(channels, method).upper == pytest.approx(np.log(10.0) / 4.0, rel=1e-6)


@pytest.mark.parametrize("observed", [0, 1, 4])
def test_one_channel_is_the_single_method(observed):
    channel = Channel("a", observed, 1.2, 0.5, {"b": 0.3}, {"e": 0.1})
    experiment = CountingExperiment(
        observed, GaussianBackground(1.2, 0.36), GaussianEfficiency(0.5, 0.05)
    )
    assert interval([channel], "cls").upper == pytest.approx(cls.upper_limit(experiment), rel=1e-5)
    assert interval([channel], "bayesian").upper == pytest.approx(
        bayesian.upper_limit(experiment), rel=1e-5
    )
    unified = feldman_cousins.interval(experiment, convention="outermost")
    found = interval([channel], "feldman-cousins", convention="outermost")
    assert found.upper == pytest.approx(unified.upper, rel=1e-3)


def test_one_known_channel_by_profile_likelihood():
    channel = Channel("a", 5, 1.2, 0.5)
    experiment = CountingExperiment(5, KnownBackground(1.2), KnownEfficiency(0.5))
    found, expected = interval([channel], "rolke"), rolke.interval(experiment)
    assert found.upper == pytest.approx(expected.upper, rel=1e-6)
    assert found.lower == pytest.approx(expected.lower, rel=1e-6)


def test_channels_of_equal_purity_are_one_channel():
    # Equal ratios of signal to background: the ranking is by the sum of the counts.
    halves = [Channel("plus", 1, 0.5, 0.4), Channel("minus", 2, 0.5, 0.4)]
    whole = [Channel("both", 3, 1.0, 0.8)]
    for method in ("rolke", "cls", "bayesian"):
        assert interval(halves, method).upper == pytest.approx(
            interval(whole, method).upper, rel=1e-5
        )


def test_averaged_cls_of_two_channels_against_direct_sums():
    channels = [Channel("a", 1, 0.9, 1.0), Channel("b", 0, 0.3, 2.0)]
    signal = interval(channels, "cls").upper
    k = np.arange(40)
    weights = np.log1p(signal * np.array([1.0, 2.0]) / np.array([0.9, 0.3]))
    rank = weights[0] * k[:, None] + weights[1] * k
    no_higher = rank <= weights[0] + 1e-9

    def probability(s):
        return np.outer(stats.poisson.pmf(k, s + 0.9), stats.poisson.pmf(k, 2.0 * s + 0.3))

    ratio = probability(signal)[no_higher].sum() / probability(0.0)[no_higher].sum()
    assert ratio == pytest.approx(0.10, rel=1e-5)


def test_shared_efficiency_errors_cost_more_than_separate_ones():
    def channels(first, second):
        return [
            Channel("a", 2, 0.5, 1.0, {}, {first: 0.3}),
            Channel("b", 2, 0.5, 1.0, {}, {second: 0.3}),
        ]

    for method in ("rolke", "cls", "bayesian"):
        shared = interval(channels("n", "n"), method).upper
        separate = interval(channels("n1", "n2"), method).upper
        known = interval([Channel("a", 2, 0.5, 1.0), Channel("b", 2, 0.5, 1.0)], method).upper
        assert shared > separate > known


def test_profiled_cls_of_a_combination_is_repeatable_and_between():
    channels = [
        Channel("a", 1, 0.9, 1.0, {"b": 0.4}, {"n": 0.1}),
        Channel("b", 0, 0.4, 2.0, {}, {"n": 0.1}),
    ]
    first, again = (interval(channels, "cls-profiled", toys=100).upper for _ in range(2))
    assert first == again
    precise, averaged = interval(channels, "cls-profiled", toys=600).upper, interval(channels, "cls").upper
    assert 0.8 * averaged < precise < 1.2 * averaged


def test_overlap_is_refused():
    early = Channel("2017", 0, 0.16, 1.0, final_state="pi ee", data_sets=("2017",))
    whole = Channel("Run 1", 0, 0.43, 4.0, final_state="pi ee", data_sets=("2016", "2017", "2018"))
    other = Channel("mumu", 1, 0.9, 1.0, final_state="pi mumu", data_sets=("2017",))
    with pytest.raises(ValueError, match=r"'2017' and 'Run 1' overlap: both search for pi ee in 2017"):
        interval([early, whole])
    assert interval([whole, other]).upper > 0.0
    turned = Channel("turned", 0, 0.43, 4.0, final_state="ee pi", data_sets=("2017",))
    with pytest.raises(ValueError, match="overlap"):
        interval([early, turned])
    unnamed = [Channel(name, 0, 0.43, 4.0, data_sets=("2017",)) for name in "ab"]
    with pytest.raises(ValueError, match="neither names a final state, and both have data of 2017"):
        interval(unnamed)
    with pytest.raises(ValueError, match="appears twice"):
        interval([early, early])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a", -1, 0.5, 1.0), "whole number"),
        (("a", 1, -0.5, 1.0), "background must be finite"),
        (("a", 1, 0.5, 0.0), "efficiency must be finite and > 0"),
        (("a", 1, 0.5, 1.0, {"b": -0.1}), "background_errors of b"),
        (("a", 1, 0.5, 1.0, {"b": (0.2, 1.0)}), "below 1"),
    ],
)
def test_impossible_channels(arguments, message):
    with pytest.raises(ValueError, match=message):
        Channel(*arguments)


def test_unknown_method_and_no_channel():
    with pytest.raises(ValueError, match="method must be one of"):
        interval([Channel("a", 0, 0.5, 1.0)], "best")
    with pytest.raises(ValueError, match="at least one channel"):
        interval([])
    with pytest.raises(ValueError, match="counts are too large"):
        combination.ranked_no_higher(np.full(4, 1e-3), 10.0)


# --- the command ---------------------------------------------------------------------------------

FILE = """\
quantity: branching fraction
channels:
  one: {observed: 0, background: 0.43, background_errors: {b1: 30%}, efficiency: 4.4e10,
        efficiency_errors: {n: 3%}, final_state: piee, data_sets: [2016, 2017]}
  two: {observed: 1, background: 0.8, background_errors: {b2: +40%-30%},
        single_event_sensitivity: 1.1e-11, efficiency_errors: {n: 3%}, final_state: piee,
        data_sets: [2021]}
"""


@pytest.fixture
def combine(capsys, tmp_path):
    def run(text, *more):
        path = tmp_path / "channels.yaml"
        path.write_text(text)
        code = main(["combine", str(path), *more])
        return code, *capsys.readouterr()

    return run


def test_command_gives_what_the_library_gives(combine):
    code, out, _ = combine(FILE, "--method", "cls", "--json")
    answer = json.loads(out)
    channels = [
        Channel("one", 0, 0.43, 4.4e10, {"b1": 0.30}, {"n": 0.03}),
        Channel("two", 1, 0.8, 1.0 / 1.1e-11, {"b2": (0.4, 0.3)}, {"n": 0.03}),
    ]
    assert code == 0
    assert answer["limits"][0]["upper"] == pytest.approx(interval(channels, "cls").upper, rel=1e-9)
    assert answer["notes"] == ["shared: n (one, two)"]


def test_command_says_what_toys_two_sided_levels_and_other_units_mean(combine):
    _, out, _ = combine(FILE.replace("4.4e10", "15.83%"), "--method", "rolke", "--json")
    notes = json.loads(out)["notes"]
    assert any(note.startswith("rolke: 90 % is two-sided") for note in notes)
    assert any("efficiency of two is 5.7e+11 times that of one" in note for note in notes)
    one = "channels: {a: {observed: 0, background: 0.5, efficiency: 0.2}}"
    code, out, _ = combine(one, "--method", "cls-profiled", "--toys", "200")
    assert code == 0 and out.startswith("1 channel (a)") and "sampled with toys" in out


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2021", "2017", "overlap"),
        ("observed: 0,", "observed: -2,", "observed must be a whole number >= 0; got -2"),
        ("observed: 0,", "", "channels.one.observed is missing"),
        ("0.43", ".nan", "channels.one.background must be a number"),
        ("n: 3%", "n: 30", "must be relative, at most 5"),
        ("quantity:", "quantities:", "unknown key 'quantities'"),
        ("final_state", "state", "channels.one.state is unknown"),
        ("channels:", "channels: [", "not valid YAML"),
        ("efficiency: 4.4e10,", "", "one of them"),
    ],
)
def test_wrong_files_are_one_line(combine, old, new, message):
    code, out, err = combine(FILE.replace(old, new, 1), "--method", "cls")
    assert (code, out) == (2, "")
    assert message in err and err.count("\n") == 1 and "channels.yaml" in err


@pytest.mark.parametrize("method", ["rolke", "cls", "bayesian"])
def test_halves_without_background_and_with_a_normalisation_give_the_whole(method):
    # The best signal lies where nothing else is expected, and 1e9 decays make one event.
    shared = {"background": 0.0, "efficiency_errors": {"efficiency": 0.07}}
    halves = [Channel(str(n), n, efficiency=8e8, **shared) for n in (1, 0)]
    whole = [Channel("whole", 1, efficiency=1.6e9, **shared)]
    assert interval(halves, method).upper == pytest.approx(interval(whole, method).upper, rel=1e-6)


def test_three_channels_with_one_ratio_give_the_unified_interval_of_their_sum():
    # Only the sum of the counts matters, whichever channel holds them.
    parts = [Channel(str(k), n, 1.5 / 3.0, 1.0 / 3.0) for k, n in enumerate((0, 2, 0))]
    whole = CountingExperiment(2, KnownBackground(1.5), KnownEfficiency(1.0))
    found = interval(parts, "feldman-cousins", convention="outermost")
    expected = feldman_cousins.interval(whole, convention="outermost")
    assert found.upper == pytest.approx(expected.upper, rel=2e-5)
    assert found.lower == expected.lower == 0.0


@pytest.mark.parametrize(("observed", "background"), [(0, 2.88), (0, 4.0), (1, 1.3), (3, 6.0)])
def test_correction_in_the_background_is_that_of_one_channel(observed, background):
    experiment = CountingExperiment(observed, KnownBackground(background), KnownEfficiency(0.5))
    for convention in ("paper", "outermost"):
        found = interval([Channel("a", observed, background, 0.5)], "feldman-cousins",
                         convention=convention)  # fmt: skip
        expected = feldman_cousins.interval(experiment, convention=convention)
        assert found.upper == pytest.approx(expected.upper, rel=1e-3)
    # Only the sum matters where all channels have one ratio of signal to background.
    halves = [Channel(name, n, 0.5 * background, 0.25) for name, n in (("a", 0), ("b", observed))]
    found = interval(halves, "feldman-cousins")
    assert found.upper == pytest.approx(feldman_cousins.interval(experiment).upper, rel=1e-3)


def test_upper_end_does_not_fall_when_all_backgrounds_fall():
    def ends(convention):
        return [
            interval(
                [Channel("a", 0, 1.2 * f, 1.0), Channel("b", 0, 2.0 * f, 0.6)],
                "feldman-cousins", convention=convention,
            ).upper
            for f in (1.3, 1.2, 1.1, 1.0, 0.9, 0.8)
        ]  # fmt: skip

    corrected, outermost = np.array(ends("paper")), np.array(ends("outermost"))
    assert (np.diff(corrected) > -1e-3 * corrected[0]).all()
    assert (corrected >= outermost).all()
    assert (np.diff(outermost) < -1e-3 * corrected[0]).any()


def test_unknown_convention():
    with pytest.raises(ValueError, match="convention must be one of paper, outermost"):
        interval([Channel("a", 0, 1.0, 1.0)], "feldman-cousins", convention="root")


def test_more_vectors_of_counts_than_can_be_summed_are_refused():
    many = [Channel(str(k), 3, 0.5, 1.0) for k in range(6)]
    with pytest.raises(ValueError, match="vectors of counts, at most 40000"):
        interval(many, "feldman-cousins")


WHOLE_FILE = "channels:\n  a: {{{}}}\n"


@pytest.mark.parametrize(
    ("entry", "options", "message"),
    [
        ("observed: 1, background: 1, efficiency: 1", "--cl 0.9%", "did you mean 0.9?"),
        ("observed: 1, background: 1, efficiency: 1", "--toys 1e9", "from 100 to 100000; got 1e9"),
        ("observed: 1, background: 1, efficiency: 1", "--toys inf", "must be a whole number"),
        ("observed: 1, background: 1, efficiency: 1", "--seed -1", "from 0 to 1e+18; got -1"),
        ("observed: 1, background: 1, efficency: 1", "", "did you mean 'efficiency'?"),
        ("observed: 1, background: 1, efficiency: 1, background_errors: 0.3", "",
         "channels.a.background_errors must name each source"),
        ("observed: 1, background: 1e300, efficiency: 1", "", "background must be at most 10000"),
        ("observed: 1, background: 1, efficiency: 1e-300", "", "is the exponent right?"),
        ("observed: 1, background: 1, background: 2, efficiency: 1", "",
         "line 2: background is given twice"),
    ],
)  # fmt: skip
def test_input_of_combine_that_cannot_be_used_is_one_line(
    tmp_path, capsys, entry, options, message
):
    path = tmp_path / "channels.yaml"
    path.write_text(WHOLE_FILE.format(entry))
    assert main(["combine", str(path), *options.replace(" ", "=").split()]) == 2
    line = capsys.readouterr().err
    assert message in line and line.count("\n") == 1


def test_bayesian_limit_of_many_events_does_not_overflow():
    (channel,) = (Channel("one", 4000, 100.0, 1.0),)
    found = interval([channel], "bayesian").upper
    whole = CountingExperiment(4000, KnownBackground(100.0), KnownEfficiency(1.0))
    assert found == pytest.approx(bayesian.upper_limit(whole), rel=1e-6)
