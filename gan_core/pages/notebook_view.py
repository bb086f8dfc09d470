"""What a notebook shows in the place of a value: a small table of results, the checks, and pictures."""

from collections.abc import Mapping, Sequence

from gan_core.audit.check import Check
from gan_core.files import Place
from gan_core.pages.html_page import TEMPLATES, embed_png
from gan_core.reports.run_table import Result

MOST_PICTURE = 200_000  # bytes, as a notebook keeps what it has shown


def render_view(lines: Sequence[Result], checks: Sequence[Check], pictures: Mapping[str, Place], page: str) -> str:
    """HTML of the lines of the results, of the verdict of each check, and of the pictures by what they show."""
    return TEMPLATES.get_template("notebook_view.html.jinja").render(
        lines=lines,
        checks=checks,
        pictures={said: embed_png(file.read_bytes(), MOST_PICTURE) for said, file in pictures.items()},
        page=page,
    )
