"""Copy the J/psi block of EvtGen's decay table, as decaylanguage ships it, to a CSV file.

Run once, by hand; its output is versioned (resources/jpsi_decays.csv)::

    python resources/extract_jpsi_decays.py resources/jpsi_decays.csv
"""

from __future__ import annotations

import argparse
import csv
import io
import re
from pathlib import Path

from lnvsearch.files import written_whole

DECAY_FILE = "DECAY_LHCB.DEC"
PARENT = "J/psi"


def decay_block(text: str, parent: str) -> str:
    """The lines from `Decay <parent>` to `Enddecay`: parsing the whole file takes 11 s."""
    block = re.search(rf"^Decay {re.escape(parent)}\s.*?^Enddecay", text, re.DOTALL | re.MULTILINE)
    if block is None:
        raise ValueError(f"no block `Decay {parent}` in the decay table")
    return block.group() + "\n"


def pdg_name(name: str) -> str:
    """EvtGen's name of a particle in PDG spelling; strings of partons keep theirs."""
    from particle.converters import EvtGen2PDGNameMap
    from particle.exceptions import MatchingIDNotFound

    try:
        return EvtGen2PDGNameMap[name]
    except MatchingIDNotFound:
        return name


def extract_jpsi_decays(output: Path) -> int:
    """Write branching_fraction, daughters, model, parameters; returns the number of modes."""
    from decaylanguage import DecFileParser
    from decaylanguage.data import basepath

    block = decay_block((basepath / DECAY_FILE).read_text(), PARENT)
    parser = DecFileParser.from_string(block)
    parser.parse()
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow(["branching_fraction", "daughters", "model", "parameters"])
    modes = parser.build_decay_chains(PARENT)[PARENT]
    for mode in modes:
        daughters = " ".join(map(pdg_name, mode["fs"]))
        parameters = " ".join(map(str, mode["model_params"]))
        table.writerow([mode["bf"], daughters, mode["model"], parameters])
    with written_whole(output) as temporary:
        temporary.write_text(buffer.getvalue())
    return len(modes)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("output", type=Path)
    print(extract_jpsi_decays(arguments.parse_args().output), "modes")
