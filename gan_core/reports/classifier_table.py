"""What each classifier says of a set, as a table: how far the answer depends on which one is asked."""

import math
from collections.abc import Mapping, Sequence

from gan_core.measures.calibration import CALIBRATION_ERROR
from gan_core.measures.measure import Figure
from gan_core.measures.tstr import ACCURACY, LABEL_FIDELITY
from gan_core.reports.text_table import align_columns

COLUMNS = (ACCURACY, LABEL_FIDELITY, CALIBRATION_ERROR)
CAPTION = (
    "By classifier, in per cent with the 95 % interval over images and seeds: accuracy on real test images by what\n"
    "taught it, and how many labels of the set it agrees with (higher is better); its calibration error if the set\n"
    "taught it (lower is better). The verdict rests on {}."
)


def summarise_classifiers(figures: Sequence[Figure]) -> dict[str, dict[str, Figure]]:
    """The figures over all classes and seeds: by classifier, the deciding one first, then by the head of a column."""
    rows: dict[str, dict[str, Figure]] = {}
    whole = [each for each in figures if each.classifier and not each.group and each.seed is None]
    for each in sorted((each for each in whole if _head(each)), key=lambda each: COLUMNS.index(each.measure)):
        rows.setdefault(each.classifier, {})[_head(each)] = each
    return rows


def format_classifiers(figures: Sequence[Figure]) -> str:
    """A line for each classifier, for a terminal."""
    rows = summarise_classifiers(figures)
    heads = list(dict.fromkeys(head for row in rows.values() for head in row))
    lines = [("", *heads, ""), *(_cells(name, row, heads) for name, row in rows.items())]
    return f"{CAPTION.format(next(iter(rows)))}\n\n{align_columns(lines)}"


def of_deciding(figures: Sequence[Figure]) -> list[Figure]:
    """Those that no other classifier than the deciding one has a part in."""
    deciding = next(iter(summarise_classifiers(figures)), "")
    return [each for each in figures if each.classifier in ("", deciding)]


def _head(figure: Figure) -> str:
    """The column where the figure stands, empty where it stands in none."""
    of = figure.of.removesuffix(f", {figure.classifier}")
    if figure.measure == ACCURACY:
        return f"by {of}"
    if figure.measure == LABEL_FIDELITY:
        return "label fidelity"
    return "calibration error" if figure.measure == CALIBRATION_ERROR and of == "synthetic" else ""


def _cells(name: str, row: Mapping[str, Figure], heads: Sequence[str]) -> tuple[str, ...]:
    return (name, *(_format_short(row[head]) if head in row else "—" for head in heads), "")


def _format_short(figure: Figure) -> str:
    """The value and its interval in as few signs as there are, in per cent."""
    value, low, high = (f"{100 * share:.1f}" for share in (figure.value, figure.low, figure.high))
    return value if math.isnan(figure.low) else f"{value} ({low}-{high})"
