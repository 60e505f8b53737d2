"""Tables set by pdflatex: what tests compile them with, and what it complains of."""

import re
import shutil
import subprocess

import pytest

_STYLES = ("array", "booktabs", "longtable", "lscape", "siunitx")
_ADVICE = "apt-get install texlive-latex-recommended texlive-science"


def need_latex():
    """Skip the test, with the reason, where the tables cannot be set."""
    if not shutil.which("pdflatex"):
        pytest.skip(f"no pdflatex: {_ADVICE}")
    files = [f"{name}.sty" for name in _STYLES]
    found = subprocess.run(["kpsewhich", *files], capture_output=True, text=True, check=False)
    if len(found.stdout.split()) < len(files):
        pytest.skip(f"pdflatex without {', '.join(_STYLES)}: {_ADVICE}")


def too_wide(folder, files, options="10pt"):
    """Set all files in one document; what stands out of the line by more than 1 pt, by file.

    Fails with the end of LaTeX's log where the document does not compile.
    """
    lines = [rf"\documentclass[{options}]{{article}}", rf"\usepackage{{{','.join(_STYLES)}}}",
             r"\begin{document}"]
    for file in files:
        lines += [rf"\typeout{{TABLE {file}}}", rf"\input{{{file}}}", r"\clearpage"]
    (folder / "all.tex").write_text("\n".join([*lines, r"\end{document}", ""]), encoding="utf-8")
    subprocess.run(["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "all.tex"],
                   cwd=folder, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    log = (folder / "all.log").read_text(encoding="latin-1")
    assert "Output written on all.pdf" in log, log[-2000:]
    assert "Float too large" not in log
    found = []
    for part in log.split("TABLE ")[1:]:
        width = max(map(float, re.findall(r"Overfull \\hbox \(([\d.]+)pt", part)), default=0.0)
        found += [(part.split()[0], width)] if width > 1.0 else []
    return found
