"""What every figure must be to be printed."""

from lnvsearch.publication.figures.style import PLAIN_LABEL, figure_bytes, publication_style
from lnvsearch.tables import number_of_rows


def texts(figure):
    """All texts of a figure that can be seen."""
    import matplotlib.text

    found = figure.findobj(matplotlib.text.Text)
    return [text for text in found if text.get_text() and text.get_visible()]


def check(made):
    """Labelled, legible, and inside its printed size; `made`: {name: (figure, numbers drawn)}."""
    for name, (figure, numbers) in made.items():
        assert figure_bytes(figure, "png").startswith(b"\x89PNG"), name
        assert any(PLAIN_LABEL in text.get_text() for text in texts(figure)), name
        assert min(text.get_fontsize() for text in texts(figure)) >= 7.9, name
        width, height = figure.get_size_inches()
        assert round(width * 2.54, 3) in (8.6, 17.0), name
        assert number_of_rows(numbers) > 0, name
        with publication_style():
            box = figure.get_tightbbox()
        assert box.x0 > -0.01 and box.y0 > -0.01, name
        assert box.x1 < width + 0.01 and box.y1 < height + 0.01, name
