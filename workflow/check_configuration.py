"""Check configuration files without Snakemake: `python workflow/check_configuration.py FILE…`.

Files are read as data: nothing in them runs.  Those that `--configfile` takes are checked in their order
over config/config.yaml; the file of a search, of a detector or of a calibration is checked as that.  What
is wrong is said, a line a problem, with exit code 2.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

# The library of this project, whichever is installed.
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "src")]

from searches.configuration import ConfigurationError, read_detector, read_yaml
from searches.definitions import Config
from searches.load import EXPERIMENTS
from searches.planned import plan, read_knobs

#: Folders of files that `--configfile` does not take, keys by which these are told, and how many of them.
_OTHERS = {
    "config/papers": ({"paper", "detector", "channels", "samples"}, 2),
    "config/detectors": ({"detector"}, 1),
    "config/calibration": ({"selection", "selections"}, 1),
}


def check(files: Sequence[str], root: Path) -> Iterator[str]:
    """What the files ask for, a line each for those of one kind.  Raises ConfigurationError."""
    folders = {file: _folder(file, read_yaml(file)) for file in files}
    if knobs := [file for file in files if not folders[file]]:
        yield _checked_knobs(knobs, root)
    for file in files:
        if folders[file]:
            yield f"{file}: can be used; {_checked_other(Path(file), folders[file])}"


def _folder(file: str, content: dict) -> str:
    """Where files of this kind stand; nothing for those that `--configfile` takes."""
    for folder, (keys, at_least) in _OTHERS.items():
        if len(keys & content.keys()) >= at_least:
            return folder
    # One or two wrong keys are misspelt.
    if len(content) > 2 and not content.keys() & Config.model_fields.keys():
        raise ConfigurationError(
            f"{file}: {', '.join(map(str, content))[:80]}: no key is one of config/config.yaml; give a file for "
            f"`--configfile`, or one as in {', '.join(_OTHERS)}"
        )
    return ""


def _checked_knobs(files: Sequence[str], root: Path) -> str:
    papers, names = _loaded(root, files)
    opened = [name for name, paper in papers.items() if paper.data_file and paper.opened]
    return f"{', '.join(names)}: can be used; searches: {', '.join(papers)}" + (
        f"; opens data of {', '.join(opened)}" if opened else ""
    )


def _checked_other(file: Path, folder: str) -> str:
    """What a file of one of `_OTHERS` is; those of searches and calibrations are checked in their place."""
    if folder == "config/detectors":
        name = read_yaml(file)["detector"]
        if not isinstance(name, str) or name not in EXPERIMENTS:
            raise ConfigurationError(
                f"{file}: detector: {name!r} is not known; give one of {', '.join(EXPERIMENTS)}"
            )
        read_detector(EXPERIMENTS[name].response, file)
        return f"the detector {name}"
    place = file.resolve()
    root = place.parents[2] if len(place.parents) > 2 else place.parent
    if place.parent != root / folder:
        raise ConfigurationError(f"{file}: such a file is read in {folder}/ only; put it there, and check it there")
    _loaded(root, [], [file.stem])
    return f"the search {file.stem}" if folder == "config/papers" else f"the calibration of {file.stem}"


def _loaded(root: Path, files: Iterable[str], papers: Sequence[str] = ()) -> tuple[dict, list[str]]:
    """The searches of config/config.yaml with what `files` change, or `papers`; names of the files."""
    names = [str(root / "config" / "config.yaml"), *files]
    config = read_knobs(names)
    if papers:
        config["papers"] = list(papers)
    return plan(config, root, " + ".join(names)).papers, names[1:]


def main() -> None:
    """Print the lines, or what is wrong."""
    try:
        print(*check(sys.argv[1:], Path(__file__).parents[1]), sep="\n")
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
