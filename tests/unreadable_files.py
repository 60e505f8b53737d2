"""Files that a reader of events cannot use, whatever the experiment, and what is said of them."""

import uproot

#: Fault -> what the message says after the file's name.
FAULTS = {
    "missing": "no such file",
    **{f"share {share}": r".*(again|docs/\w+\.md)" for share in (0.0, 0.1, 0.5, 0.9, 0.99)},
    "text": "not a whole",
    "other tree": r".*no tree named Events \(it holds: note;1\).*docs/\w+\.md",
}


def unreadable(fault, folder, write):
    """Make a file with the fault; returns its path and the message.  `write(path)` writes a good one."""
    path = folder / "bad.root"
    if fault == "text":
        path.write_text("not a ROOT file\n" * 100)
    elif fault == "other tree":
        with uproot.recreate(path) as file:
            file["note"] = "no events here"
    elif fault.startswith("share"):
        write(path)
        whole = path.read_bytes()
        path.write_bytes(whole[: int(float(fault.split()[1]) * len(whole))])
    return path, rf"bad\.root: {FAULTS[fault]}"
