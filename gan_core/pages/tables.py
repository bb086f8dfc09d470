"""The tables of a page: classes, measures, confusion, and settings, as cells with the heat of their colour."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
from pydantic.fields import FieldInfo

from gan_core.audit.measures import measures_in
from gan_core.config import Experiment, Settings
from gan_core.measures.measure import Aspect, Figure, Measure
from gan_core.measures.tstr import CLASS_RECALL, Examination
from gan_core.reports.classifier_table import summarise_classifiers
from gan_core.settings_grid import format_value

MOST_CLASSES = 40  # of a confusion matrix that is shown whole; of a larger one its largest errors are named
LARGEST_ERRORS = 30
ASPECTS: tuple[Aspect, ...] = get_args(Aspect)
BY_CLASS = ("coverage", "manifold_precision", "copied")  # measures that stand beside the recalls of the classes


@dataclass(frozen=True)
class Cell:
    """One number of a table."""

    text: str
    heat: float = 0.0  # depth of the background, 0 to 1
    good: bool = True  # which of the two hues
    value: float = math.nan  # to sort by
    interval: str = ""


@dataclass(frozen=True)
class Column:
    """One measure of all classes."""

    title: str
    direction: str
    cells: list[Cell]
    total: str  # of all classes together


@dataclass(frozen=True)
class Confusion:
    """A confusion matrix in per cent of its rows, or the largest errors in one that has too many."""

    title: str
    rows: str  # what a row is
    cells: list[list[Cell]]
    errors: list[tuple[str, str, Cell]]


@dataclass(frozen=True)
class ClassifierTable:
    """What each classifier says, a row for each of them."""

    heads: list[str]
    rows: list[tuple[str, list[Cell]]]


@dataclass(frozen=True)
class MeasuresByName:
    """All measures of several runs, a row for each run."""

    measures: list[Measure]
    rows: list[tuple[str, list[Cell]]]


@dataclass(frozen=True)
class MeasureRow:
    """One measure of several sets."""

    measure: Measure
    cells: list[Cell]


@dataclass(frozen=True)
class MeasureTable:
    """The measures that help to answer one question."""

    aspect: Aspect
    sets: list[str]  # that were measured, the columns
    rows: list[MeasureRow]


def recall_column(taught: str, recalls: np.ndarray, total: str) -> Column:
    """Recall of each class [K] in per cent; the heat is the share that was missed."""
    title = taught if taught == "label fidelity" else f"recall, {taught}"
    return Column(title, "higher is better", [_share_cell(share) for share in recalls.tolist()], total)


def mean_recall(examination: Examination) -> np.ndarray:
    """Recall of each class, mean over the seeds, float64 [K]."""
    return np.mean([score.class_recall for score in examination.scores], axis=0)


def figure_columns(figures: Sequence[Figure], class_names: Sequence[str]) -> list[Column]:
    """Coverage, precision and copies of each class; recalls stand for the accuracies."""
    by_class = {(each.measure.name, each.of, each.group): each for each in figures if each.seed is None}
    taken = {(each.measure.name, each.of): each.measure for each in figures if each.group}
    return [
        Column(
            measure.title + ("" if of == "synthetic" else f", {of}"),
            measure.direction,
            [_without_unit(_figure_cell(by_class.get((name, of, group)))) for group in class_names],
            _without_unit(_figure_cell(by_class.get((name, of, "")))).text,
        )
        for (name, of), measure in taken.items()
        if name in BY_CLASS and not of.endswith("real")
    ]


def classifier_table(figures: Sequence[Figure]) -> ClassifierTable:
    """The accuracies of each classifier by what taught it, and what it says of the set's labels."""
    found = summarise_classifiers(figures)
    heads = list(dict.fromkeys(head for row in found.values() for head in row))
    return ClassifierTable(
        heads, [(name, [_without_unit(_figure_cell(row.get(head))) for head in heads]) for name, row in found.items()]
    )


def recall_columns_by_classifier(figures: Sequence[Figure], class_names: Sequence[str]) -> list[Column]:
    """Recall of each class by the classifiers that the synthetic images taught, a column for each of them."""
    recalls = {
        (each.classifier, each.group): each
        for each in figures
        if each.measure == CLASS_RECALL and each.of.partition(", ")[0] == "synthetic"
    }
    return [
        Column(
            name,
            CLASS_RECALL.direction,
            [_without_unit(_figure_cell(recalls.get((name, group)))) for group in class_names],
            _without_unit(_figure_cell(row.get("by synthetic"))).text,
        )
        for name, row in summarise_classifiers(figures).items()
    ]


def measures_by_name(values: Mapping[str, Mapping[str, float]]) -> MeasuresByName:
    """Values of measures, by the name of what has them and the name of the measure; a dash for what was not taken."""
    measures = measures_in({measure for taken in values.values() for measure in taken})
    rows = [(name, [_value_cell(each, taken.get(each.name)) for each in measures]) for name, taken in values.items()]
    return MeasuresByName(measures, rows if measures else [])


def _value_cell(measure: Measure, value: float | None) -> Cell:
    return Cell("—") if value is None else Cell(measure.format(value), good=False, value=value)


def measure_tables(figures: Sequence[Figure]) -> list[MeasureTable]:
    """The measures of all classes together, a table for each question with the sets that were measured for it."""
    whole = [each for each in figures if not each.group and each.seed is None]
    tables = (_measure_table(aspect, [each for each in whole if each.measure.aspect == aspect]) for aspect in ASPECTS)
    return [table for table in tables if table.rows]


def _measure_table(aspect: Aspect, figures: Sequence[Figure]) -> MeasureTable:
    sets = list(dict.fromkeys(each.of for each in figures))
    measures = {each.measure.name: each.measure for each in figures}
    found = {(each.measure.name, each.of): each for each in figures}
    rows = [MeasureRow(it, [_figure_cell(found.get((name, of))) for of in sets]) for name, it in measures.items()]
    return MeasureTable(aspect, sets, rows)


def _figure_cell(figure: Figure | None) -> Cell:
    """Warm where a share is poor; a figure that was not taken is a dash."""
    if figure is None or math.isnan(figure.value):
        return Cell("—")
    poor = 1 - figure.value if figure.measure.direction == "higher is better" else figure.value
    heat = min(max(poor, 0), 1) if figure.group and figure.measure.unit == "share" else 0.0
    return Cell(
        figure.measure.format(figure.value), heat, good=False, value=figure.value, interval=format_interval(figure)
    )


def _without_unit(cell: Cell) -> Cell:
    """The same without per cent, where a heading says it."""
    return replace(cell, text=cell.text.removesuffix(" %"), interval=cell.interval.removesuffix(" %"))


def format_interval(figure: Figure) -> str:
    """The ends of its 95 % interval, empty where it has none."""
    if math.isnan(figure.low):
        return ""
    low, high = map(figure.measure.format, (figure.low, figure.high))
    return f"{low.removesuffix(' %')} to {high}"


def _share_cell(share: float) -> Cell:
    return Cell("—") if math.isnan(share) else Cell(f"{100 * share:.1f}", 1 - share, good=False, value=share)


def confusion_table(title: str, rows: str, confusion: np.ndarray, class_names: Sequence[str]) -> Confusion:
    """Shares of each row; a row without images is blank."""
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    if len(class_names) > MOST_CLASSES:
        return Confusion(title, rows, [], list(_largest_errors(shares, class_names)))
    cells = [
        [_confusion_cell(share, right=row == column) for column, share in enumerate(line)]
        for row, line in enumerate(shares.tolist())
    ]
    return Confusion(title, rows, cells, [])


def _largest_errors(shares: np.ndarray, class_names: Sequence[str]) -> Iterator[tuple[str, str, Cell]]:
    """The class, what it was taken for, and how often."""
    wrong = shares * (1 - np.eye(len(shares)))
    for place in np.argsort(-wrong, axis=None, kind="stable")[:LARGEST_ERRORS]:
        row, column = divmod(int(place), len(shares))
        if share := float(wrong[row, column]):
            yield class_names[row], class_names[column], Cell(f"{100 * share:.1f}", share, good=False, value=share)


def _confusion_cell(share: float, right: bool) -> Cell:
    """Squared or rooted heat, so that right answers differ near 1 and wrong ones near 0; a rounded 0 is left out."""
    text = f"{100 * share:.0f}".removeprefix("0")
    return Cell(text, (share**2 if right else math.sqrt(share)) if text else 0.0, right)


def settings_rows(experiment: Experiment, without: Sequence[str] = ()) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Name, value and meaning of each setting, by section, but for some sections."""
    top, sections = [], []
    for name, field in type(experiment).model_fields.items():
        value = getattr(experiment, name)
        if isinstance(value, Settings):
            fields = type(value).model_fields.items()
            sections.append((name, [_setting(value, key, item) for key, item in fields]))
        else:
            top.append(_setting(experiment, name, field))
    return [("experiment", top), *(section for section in sections if section[0] not in without)]


def _setting(settings: Settings, name: str, field: FieldInfo) -> tuple[str, str, str]:
    return name, format_value(getattr(settings, name)), field.description or ""
