"""The findings of an inspection as one self-contained HTML page, by the means of the report's page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from gan_core.errors import show_share
from gan_core.inspection.findings import Copy, Findings
from gan_core.pages.html_page import TEMPLATES, csv_uri, embed_png
from gan_core.reports.inspection_table import (
    build_findings_frame,
    count_classes,
    describe_agreement,
    describe_forecast,
    describe_sizes,
)
from gan_core.reports.pictures import encode_png, grid
from gan_core.sources.summary import describe_modes

SAMPLES = 8  # pictures of each class
SHOWN = 48  # findings of each kind, with their pictures
LISTED = 200  # names of unreadable pictures


@dataclass(frozen=True)
class Card:
    """Pictures that are shown together, and the lines below them."""

    picture: str  # a data URI
    lines: list[str]


def render(findings: Findings) -> str:
    """The page; equal findings give equal bytes."""
    those, (splits, counts) = findings.collection, count_classes(findings)
    leaks, disagreements = list(findings.leaks()), list(findings.disagreements())
    return TEMPLATES.get_template("inspection_page.html.jinja").render(
        findings=findings,
        size=describe_sizes(findings),
        modes=describe_modes(findings.modes),
        splits=splits,
        classes=[
            (name, row, _samples(findings, number))
            for number, (name, row) in enumerate(zip(those.class_names, counts.tolist(), strict=True))
        ],
        unreadable=findings.unreadable[:LISTED],
        leaks=leaks,
        disagreements=disagreements,
        sections=[
            (title, len(found), said, list(_pairs(findings, found)))
            for title, found, said in (
                ("Test pictures among those to learn from or to choose by", leaks, "At the right the test picture."),
                ("Copies with different labels", disagreements, "One of the two labels is wrong."),
                ("Equal pictures", [copy for copy in findings.copies if copy.kind == "equal"], "In every pixel."),
                (
                    "Nearly equal pictures",
                    [copy for copy in findings.copies if copy.kind == "near"],
                    "As after another compression or in another light. The number is 1 less the correlation of "
                    "thumbnails, for which a tenth of the usual distance to the nearest other pictures is near.",
                ),
            )
        ],
        doubts=_doubts(findings),
        agreement=describe_agreement(findings),
        time=describe_forecast(findings.forecast) if findings.forecast else "",
        csv=csv_uri(build_findings_frame(findings)),
        shown=SHOWN,
    )


def _samples(findings: Findings, label: int) -> str:
    """The first pictures of a class, in the order of their numbers; nothing for a class without any."""
    numbers = np.flatnonzero(findings.collection.labels == label)[:SAMPLES]
    return _picture(findings, numbers) if len(numbers) else ""


def _pairs(findings: Findings, pairs: Iterable[Copy]) -> Iterable[Card]:
    """The first few pairs, side by side, with name, split and label of both."""
    for kind, first, second, distance in islice(pairs, SHOWN):
        lines = [_describe(findings, first), _describe(findings, second)]
        yield Card(_picture(findings, [first, second]), [*lines, *([f"{distance:.4f}"] if kind == "near" else [])])


def _doubts(findings: Findings) -> list[Card]:
    """The most doubtful labels, with the class that they look like."""
    those = findings.collection
    return [
        Card(
            _picture(findings, [doubt.number]),
            [
                _describe(findings, doubt.number),
                f"looks like {those.class_names[doubt.suggested]}, {show_share(doubt.probability)} to "
                f"{show_share(doubt.given)}",
            ],
        )
        for doubt in (findings.doubts or [])[:SHOWN]
    ]


def _describe(findings: Findings, number: int) -> str:
    """Name and label of a picture."""
    return f"{findings.collection.names[number]}: {findings.collection.label(number)}"


def _picture(findings: Findings, numbers: Sequence[int] | np.ndarray) -> str:
    """Pictures side by side as a data URI."""
    return embed_png(encode_png(grid(findings.collection.take([*map(int, numbers)]), len(numbers))))
