"""What the configuration says of a user's own events in a kaon search."""

import pytest
from searches.configuration import read_yaml
from searches.load import load_papers

CONFIG = "config/config.yaml"
KAONS = "config/papers/na62_2019.yaml"


def lnv(content):
    """The selection of K+ -> pi- e+ e+ in a kaon search's file."""
    return content["channels"]["piee"]["selections"]["lnv"]


BAD = {
    "a track that is pion and electron": (
        KAONS,
        lambda c: c["identification"]["energy_over_momentum"].update(pion_maximum=0.95),
        ["identification.energy_over_momentum.pion_maximum", "0.95", "0.9"],
    ),
    "electron's window upside down": (
        KAONS,
        lambda c: c["identification"]["energy_over_momentum"].update(electron_maximum=0.8),
        ["energy_over_momentum.electron_minimum", "0.8"],
    ),
    "muons without a window": (
        KAONS,
        lambda c: c["identification"]["energy_over_momentum"].pop("muon_maximum"),
        ["energy_over_momentum.muon_maximum", "add it"],
    ),
    "no windows at all": (
        KAONS, lambda c: c["identification"].pop("energy_over_momentum"),
        ["identification.energy_over_momentum", "add it"],
    ),
    "signal outside the masked region": (
        KAONS, lambda c: lnv(c)["regions"].update(masked=[[0.470, 0.490]]),
        ["piee.selections.lnv.regions.masked", "0.488577", "widen"],
    ),
    "a sample named as the user's data": (
        KAONS,
        lambda c: c["samples"].update(data=dict(c["samples"]["control_k3pi_upstream"])),
        ["samples.data", "rename"],
    ),
    "data of no search": (
        CONFIG, lambda c: c["data"].update(na62_2020={"file": None}),
        ["data.na62_2020", "na62_2019, na62_2022"],
    ),
    "data that are not there": (
        CONFIG, lambda c: c["data"]["na62_2022"].update(file="recorded/of_2022.root"),
        ["data.na62_2022.file: recorded/of_2022.root: no such file; give the path"],
    ),
    "maps of identification that are not there": (
        KAONS, lambda c: c["identification"].update(file="resources/own_maps.json"),
        ["identification.file: ", "resources/own_maps.json: no such file", "remove the key"],
    ),
    "data with a misspelt key": (
        CONFIG, lambda c: c["data"]["na62_2022"].update(unblinded=True),
        ["data.na62_2022.unblinded", "unblind"],
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_configuration_is_refused(refused, case):
    file, change, expected = BAD[case]
    message = refused(file, change)
    for words in (file.rpartition("/")[2], *expected):
        assert words in message, message


@pytest.mark.parametrize("name", ["na62_2019", "na62_2022"])
def test_windows_of_energy_over_momentum_are_the_published_ones(root, name):
    from lnvsearch.publication.published import read_published

    paper = load_papers(read_yaml(root / CONFIG), root, CONFIG)[name]
    published = read_published(paper.published_file())
    windows = paper.settings["identification"]["energy_over_momentum"]
    for key, quantity, channel in (
        ("pion_maximum", "pion_ep_maximum", "piee"),
        ("pion_maximum_muon_search", "pion_ep_maximum", "pimumu"),
        ("electron_minimum", "electron_ep_minimum", "piee"),
        ("electron_maximum", "electron_ep_maximum", "piee"),
        ("muon_maximum", "muon_ep_maximum", "pimumu"),
    ):
        if key in windows:
            of = channel if published.find(quantity, channel=channel) is not None else "all"
            assert windows[key] == published.value(quantity, channel=of), key


@pytest.mark.parametrize("name", ["na62_2019", "na62_2022"])
def test_data_of_a_kaon_search_change_only_what_is_theirs(root, tmp_path, name):
    def search(**data):
        config = read_yaml(root / CONFIG)
        config["data"][name].update(data)
        return load_papers(config, root, CONFIG)[name]

    file = str(tmp_path / "data.root")
    (tmp_path / "data.root").touch()
    without, closed = search(), search(file=file)
    opened = search(file=file, unblind=True)
    assert closed.comparison() == opened.comparison() == without.comparison()
    for sample in without.samples:
        assert closed.recorded_file(sample) == without.recorded_file(sample)
    assert set(closed.leaves()) - set(without.leaves()) == {
        f"results/{name}/tables/data_counts.csv", f"results/{name}/tables/data_sensitivity.csv",
    }  # fmt: skip
    assert set(opened.leaves()) == set(closed.leaves())
    for channel in without.channels:
        assert closed.limit_inputs(channel) == without.limit_inputs(channel)
        added = set(opened.limit_inputs(channel)) - set(closed.limit_inputs(channel))
        assert added == {"data_counts", "data_sensitivity"}
    assert not closed.data_parameters()["is_unblinded"]
    assert opened.data_parameters()["is_unblinded"]
    assert closed.data_file == str(tmp_path / "data.root")
