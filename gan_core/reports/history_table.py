"""All runs and versions in one frame, a line for each of them, and what changed from one to the next.

A run says how its images teach in accuracy on the real test images, a version of the registry on validation images:
two measures that are never put into one column or curve.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Literal

import pandas as pd

from gan_core.audit.measures import measures_in
from gan_core.measures.manifold import COVERAGE
from gan_core.measures.measure import Figure
from gan_core.measures.tstr import LABEL_FIDELITY
from gan_core.reports.text_table import align_columns, format_percent
from gan_core.settings_grid import by_name, differences, format_value
from gan_core.worth.curve import EQUIVALENT_REAL_IMAGES

Kind = Literal["run", "version"]
EXAMINED_ON: dict[Kind, str] = {"run": "test", "version": "validation"}
TEACHING = ("real", "synthetic", "both")
MADE_BY = {"data_digest": "data and their cut", "program_digest": "program", "precision": "arithmetic"}
WORTH = ("worth", "worth_low", "worth_high")
COLUMNS = (
    *("name", "kind", "started", "examined_on", "taught_by", "classifier", "seed", "images", "accuracy"),
    *("label_fidelity", "coverage", *WORTH, "champion", "note", "settings", *MADE_BY),
)


@dataclass(frozen=True)
class HistoryEntry:
    """A run or a version in short; accuracies are shares of 1 and not numbers where nothing is known."""

    name: str
    kind: Kind
    started: datetime | None
    accuracy: Mapping[str, float]  # mean over the seeds, by teaching set
    spread: Mapping[str, float]  # standard deviation over them
    champion: bool
    note: str  # a collapse, or what was decided
    settings: Mapping[str, Any]  # by name
    figures: Mapping[str, float]  # by the names of the measures, of those that were taken
    made_by: Mapping[str, str]  # data, program, arithmetic and libraries, where they are known
    worth: str = "—"  # as how many real images the synthetic ones teach, with the interval

    @property
    def experiment(self) -> str:
        return str(self.settings.get("name", "—"))

    @property
    def label_fidelity(self) -> float:
        return self.figures.get(LABEL_FIDELITY.name, math.nan)

    @property
    def coverage(self) -> float:
        return self.figures.get(COVERAGE.name, math.nan)

    @property
    def gap(self) -> float:
        """Accuracy taught by synthetic less that by real images."""
        return self.accuracy["synthetic"] - self.accuracy["real"]


@dataclass(frozen=True)
class Change:
    """What is not as it was in the one before; texts, with a dash for what was not there."""

    name: str
    before: str
    after: str


def build_history_frame(records: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """One frame of what is known of all runs and versions, a row for each teaching set, classifier and seed.

    `records` have the columns of `report.tidy`, as far as their program knew them, and those in COLUMNS.
    """
    frame = pd.DataFrame(list(records))
    frame = frame.reindex(columns=[*COLUMNS, *(name for name in frame if name not in COLUMNS)])
    return frame.astype({"started": "datetime64[ms]", "seed": "Int64", "images": "Int64", "champion": bool})


def summarise_entries(frame: pd.DataFrame) -> list[HistoryEntry]:
    """A line for each run and version, in the order of the frame."""
    return [_line(str(name), rows) for name, rows in frame.groupby("name", sort=False)]


def changes(before: HistoryEntry, after: HistoryEntry) -> list[Change]:
    """What is another in `after`: settings, data, program, arithmetic, libraries; of what is not known nothing."""
    settings = differences(before.settings, after.settings).items()
    made_by = {name: (before.made_by[name], text) for name, text in after.made_by.items() if name in before.made_by}
    return [
        *(Change(name, format_value(old), format_value(new)) for name, (old, new) in settings),
        *(Change(name, old[:12], new[:12]) for name, (old, new) in made_by.items() if old != new),
    ]


def neighbours(those: Sequence[HistoryEntry]) -> Iterator[tuple[HistoryEntry, HistoryEntry]]:
    """Each run with the one before it, then each version with the one before it."""
    for kind in EXAMINED_ON:
        yield from pairwise(line for line in those if line.kind == kind)


def format_history(those: Sequence[HistoryEntry]) -> str:
    """Runs and versions in aligned lines for a terminal, each with what it was examined on."""
    parts = []
    for kind, images in EXAMINED_ON.items():
        if chosen := [line for line in those if line.kind == kind]:
            parts.append(
                f"{kind}s: accuracy in per cent on {images} images\n{align_columns([_HEADS, *map(_cells, chosen)], 2)}"
            )
    return "\n\n".join(parts)


def describe_changes(before: HistoryEntry, after: HistoryEntry) -> str:
    """What changed between two, in a line."""
    what = "; ".join(f"{change.name} {change.before} → {change.after}" for change in changes(before, after))
    return f"{before.name} → {after.name}: {what or 'nothing that is known'}"


_HEADS = ("", "started", "by real", "by synthetic", "by both", "worth", "label fidelity", "coverage", "")


def _cells(line: HistoryEntry) -> tuple[str, ...]:
    taught = (format_percent(line.accuracy[name], line.spread[name]) for name in TEACHING)
    when = f"{line.started:%Y-%m-%d %H:%M}" if line.started else "—"
    note = " ".join(filter(None, ["champion" if line.champion else "", line.note]))
    shares = map(format_percent, (line.label_fidelity, line.coverage))
    return (line.name, when, *taught, line.worth, *shares, note)


def _line(name: str, rows: pd.DataFrame) -> HistoryEntry:
    first = rows.iloc[0]
    taught = {name: rows.accuracy[rows.taught_by == name].astype(float) for name in TEACHING}
    versions = {str(column): "" for column in rows if str(column).startswith("version_")}
    known = {title: first[column] for column, title in ({column: column for column in versions} | MADE_BY).items()}
    return HistoryEntry(
        name=name,
        kind=first.kind,
        started=None if pd.isna(first.started) else first.started.to_pydatetime(),
        accuracy={name: float(column.mean()) for name, column in taught.items()},
        spread={name: float(column.std()) for name, column in taught.items()},
        champion=bool(first.champion),
        note=str(first.note),
        settings=by_name(json.loads(first.settings)),
        figures=_figures(rows),
        made_by={title.removeprefix("version_"): str(value) for title, value in known.items() if not pd.isna(value)},
        worth=_worth(first),
    )


def _figures(rows: pd.DataFrame) -> dict[str, float]:
    """Each measure over the rows of the synthetic images, or over those that have it."""
    synthetic = rows[rows.taught_by == "synthetic"]
    columns = {each.name: synthetic[each.name].dropna() for each in measures_in(rows)}
    known = {name: column if len(column) else rows[name].dropna() for name, column in columns.items()}
    return {name: _mean(column.astype(float)) for name, column in known.items() if len(column)}


def _mean(values: pd.Series) -> float:
    """Their mean, to the last digit where all are one."""
    return float(values.iloc[0] if values.nunique() == 1 else values.mean())


def _worth(row: pd.Series) -> str:
    """What the images are worth, with the interval; a dash where that is not known."""
    value, low, high = (float(row[name]) for name in WORTH)
    return Figure(EQUIVALENT_REAL_IMAGES, "synthetic", value, low, high).text
