"""The findings of an inspection as a table, a row each, and as lines for a terminal."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
import pandas as pd

from gan_core.errors import show_share
from gan_core.inspection.doubtful_labels import Doubt
from gan_core.inspection.findings import Copy, Findings
from gan_core.inspection.forecast import Forecast
from gan_core.reports.text_table import align_columns
from gan_core.sources.found_pictures import SPLITS
from gan_core.sources.summary import describe_modes

NAMED, LISTED = 5, 40  # findings of a kind, classes
BELIEVED = 0.9  # share of the labels that classifiers would have given
COLUMNS = ("finding", "picture", "label", "split", "used as", "other", "other label", "other split", "score")


def build_findings_frame(findings: Findings) -> pd.DataFrame:
    """A row for each finding: unreadable, equal, near, and doubtful label, whose other label is the likelier one.

    The score is the distance of copies, 1 less the correlation of their thumbnails, and the probability of the other
    label.
    """
    those = findings.collection

    def about(number: int) -> dict[str, object]:
        split, use = str(those.splits[number]), str(those.uses[number])
        return {"picture": those.names[number], "label": those.label(number), "split": split, "used as": use}

    def other(number: int) -> dict[str, object]:
        label, split = those.label(number), str(those.splits[number])
        return {"other": those.names[number], "other label": label, "other split": split}

    found: list[dict[str, object]] = [{"finding": "unreadable", "picture": line} for line in findings.unreadable]
    found += [
        {**about(copy.first), **other(copy.second), "finding": copy.kind, "score": copy.distance}
        for copy in findings.copies
    ]
    found += [
        {
            **about(doubt.number),
            "other label": those.class_names[doubt.suggested],
            "finding": "doubtful label",
            "score": doubt.probability,
        }
        for doubt in findings.doubts or ()
    ]
    return pd.DataFrame(found, columns=COLUMNS)


def format_findings(findings: Findings) -> str:
    """All of it for a terminal, the first few findings of each kind by name."""
    sections = [
        findings.lines,
        [format_classes(findings)],
        [f"sizes  {describe_sizes(findings)}", f"modes  {describe_modes(findings.modes)}"],
        [line for title, found in list_findings(findings) for line in _section(title, found)],
        findings.warnings,
        findings.plan,
        [describe_forecast(findings.forecast)] if findings.forecast else [],
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def list_findings(findings: Findings) -> Iterator[tuple[str, Sequence[str]]]:
    """The title of each kind of finding, and a line for each finding."""
    those = findings.collection
    yield "unreadable pictures", findings.unreadable
    yield "equal pictures", [" = ".join(those.names[number] for number in group) for group in findings.equal]
    yield "nearly equal pictures", _describe_pairs(findings, (Copy("near", *pair) for pair in findings.near))
    yield "test pictures among those to learn from or to choose by", _describe_pairs(findings, findings.leaks())
    yield "copies with different labels", _describe_pairs(findings, findings.disagreements())
    if findings.doubts is not None:
        yield (
            f"doubtful labels ({describe_agreement(findings)})",
            [describe_doubt(findings, doubt) for doubt in findings.doubts],
        )


def describe_agreement(findings: Findings) -> str:
    """How far the quick classifiers are to be believed."""
    agreement = f"quick classifiers agree with {show_share(findings.agreement)} of all labels"
    return agreement if findings.agreement >= BELIEVED else f"{agreement}, so most of these may well be right"


def describe_doubt(findings: Findings, doubt: Doubt) -> str:
    """One line on a label that is doubted."""
    those = findings.collection
    suggested = those.class_names[doubt.suggested]
    name, label = those.names[doubt.number], those.label(doubt.number)
    return f"{name} is {label}, looks like {suggested} ({show_share(doubt.probability)})"


def _describe_pairs(findings: Findings, pairs: Iterable[Copy]) -> list[str]:
    """A line for each pair, with the labels where they differ."""
    those = findings.collection

    def named(number: int, differ: bool) -> str:
        return f"{those.names[number]} ({those.label(number)})" if differ else those.names[number]

    return [
        f"{named(first, differ)} {'=' if kind == 'equal' else '≈'} {named(second, differ)}"
        for kind, first, second, _ in pairs
        for differ in [those.labels[first] != those.labels[second]]
    ]


def _section(title: str, found: Sequence[str]) -> Iterator[str]:
    """The title with the number of findings, and the first of them."""
    yield f"{title}: {f'{len(found):,}' if found else 'none'}"
    yield from (f"  {line}" for line in islice(found, NAMED))
    if len(found) > NAMED:
        yield f"  and {len(found) - NAMED:,} more"


def count_classes(findings: Findings) -> tuple[list[str], np.ndarray]:
    """The splits, and the pictures of each class in each of them, int64 [K, splits]."""
    those = findings.collection
    splits = [split for split in SPLITS if split in those.sets]
    counts = [np.bincount(those.labels[those.splits == split], minlength=len(those.class_names)) for split in splits]
    return [*splits], np.stack(counts, axis=1)


def format_classes(findings: Findings) -> str:
    """The pictures of each class in each split; of many classes those with the fewest."""
    splits, counts = count_classes(findings)
    names = findings.collection.class_names
    chosen = np.arange(len(names)) if len(names) <= LISTED else np.argsort(counts[:, 0], kind="stable")[:LISTED]
    rows = [("class", *splits, ""), *((names[place], *map("{:,}".format, counts[place]), "") for place in chosen)]
    more = f"\nand {len(names) - LISTED} classes with more" if len(names) > LISTED else ""
    return align_columns(rows) + more


def describe_sizes(findings: Findings, most: int = 6) -> str:
    """How many pictures have each size, the most frequent first, as in: 32x32 600, 64x48 3."""
    sizes = [f"{width}x{height} {count:,}" for (height, width), count in findings.sizes.most_common(most)]
    more = f" and {len(findings.sizes) - most:,} more sizes" if len(findings.sizes) > most else ""
    return ", ".join(sizes) + more


def describe_forecast(told: Forecast) -> str:
    """How long a run would take, what it is made of, and how that was measured."""
    parts = (
        ("training the GAN", told.training),
        ("teaching classifiers", told.teaching),
        ("drawing", told.drawing),
        ("examining and the report", told.examining),
    )
    return (
        f"A run would take about {format_minutes(told.seconds)} on this machine as busy as it is now: "
        f"{', '.join(f'{name} {format_minutes(seconds)}' for name, seconds in parts)}. That is an estimate, from "
        f"{told.measured} steps of the GAN, a few of a classifier and a few drawn and compared images; starting and "
        "reading come on top."
    )


def format_minutes(seconds: float) -> str:
    """A time in the unit that suits it."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
