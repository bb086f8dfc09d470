"""Two runs side by side, as the page of a run: the same questions, tables, pictures and curves, and what changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from gan_core.audit.check import Check
from gan_core.audit.suspicious_pair import Pair
from gan_core.config import Experiment
from gan_core.files import Place
from gan_core.measures.diversity import Diversity
from gan_core.measures.measure import Figure
from gan_core.pages.charts import Bar, chart_accuracies, chart_trainings
from gan_core.pages.html_page import TEMPLATES, csv_uri, embed_picture
from gan_core.pages.questions import Answer, answer_questions
from gan_core.pages.run_page import MOST_PAIRS, describe_provenance, embed_pairs, find_figure, find_interval
from gan_core.pages.tables import Column, Confusion, confusion_table, figure_columns, measure_tables, recall_column
from gan_core.reports.command_line import command_line
from gan_core.reports.history_table import HistoryEntry, changes
from gan_core.reports.run_table import Result, recall_columns, summarise_frame

LABELS = ("A", "B")


@dataclass(frozen=True)
class ComparedRun:
    """What is known of a finished run."""

    entry: HistoryEntry
    frame: pd.DataFrame  # its tidy report
    history: pd.DataFrame
    class_names: Sequence[str]
    experiment: Experiment | None = None  # None for settings that this program does not know
    diversity: Diversity | None = None
    pictures: Mapping[str, Place] = field(default_factory=dict)  # by what they show, in words that both runs share
    checks: Sequence[Check] = ()
    figures: Sequence[Figure] = ()
    pairs: Sequence[Pair] = ()
    confusions: Mapping[str, np.ndarray] = field(default_factory=dict)  # int64 [K, K] by the lines of the headline

    @property
    def results(self) -> list[Result]:
        """The lines of its headline."""
        return summarise_frame(self.frame)


def render(first: ComparedRun, second: ComparedRun) -> str:
    """The page; equal inputs give equal bytes."""
    runs = dict(zip(LABELS, (first, second), strict=True))
    names = list(dict.fromkeys([*first.class_names, *second.class_names]))
    figures = [replace(each, of=f"{label}, {each.of}") for label, run in runs.items() for each in run.figures]
    return TEMPLATES.get_template("comparison_page.html.jinja").render(
        runs=runs,
        questions=_compare_answers(runs),
        accuracies=chart_accuracies("Accuracy on real test images", _bars(runs)),
        lines=_compare_results(first, second),
        class_names=names,
        columns=[*_recalls(runs, names), *figure_columns(figures, names)],
        measures=measure_tables(figures),
        pictures=_pair_pictures(runs),
        pairs=[(label, embed_pairs(run.pairs[: MOST_PAIRS // len(runs)])) for label, run in runs.items() if run.pairs],
        planted=_pair_checks(runs),
        confusions=_pair_confusions(runs),
        charts=chart_trainings({label: run.history for label, run in runs.items()}),
        changes=changes(first.entry, second.entry),
        commands={label: command_line(run.experiment) for label, run in runs.items() if run.experiment},
        provenance={label: describe_provenance(run.frame) for label, run in runs.items()},
        csv=csv_uri(pd.concat([first.frame, second.frame], ignore_index=True)),
    )


@dataclass(frozen=True)
class ResultPair:
    """One line of both headlines; None where a run has none."""

    name: str
    results: tuple[Result | None, ...]
    intervals: tuple[str, ...]

    @property
    def gain(self) -> str:
        """Signed points of the second over the first, empty where one of them has none."""
        first, second = self.results
        return replace(second, gap=second.accuracy - first.accuracy).points if first and second else ""


def _compare_answers(runs: Mapping[str, ComparedRun]) -> list[tuple[str, list[tuple[str, Answer]]]]:
    """Each question with the answer of each run."""
    answers = [
        [
            (label, answer)
            for answer in answer_questions(
                run.results, chance=None, diversity=run.diversity, checks=run.checks, figures=run.figures
            )
        ]
        for label, run in runs.items()
    ]
    return [(both[0][1].question, list(both)) for both in zip(*answers, strict=True)]


def _compare_results(first: ComparedRun, second: ComparedRun) -> list[ResultPair]:
    """The lines of both headlines by their names."""
    found = [{line.name: line for line in run.results} for run in (first, second)]
    return [
        ResultPair(
            name,
            tuple(lines.get(name) for lines in found),
            tuple(
                find_interval(lines[name], run.figures) if name in lines else ""
                for lines, run in zip(found, (first, second), strict=True)
            ),
        )
        for name in {**found[0], **found[1]}
    ]


def _bars(runs: Mapping[str, ComparedRun]) -> list[Bar]:
    """The accuracies of both, each beside that of the same teaching set."""
    found = {label: {line.name: line for line in run.results if line.of} for label, run in runs.items()}
    bars = []
    for name in dict.fromkeys(name for lines in found.values() for name in lines):
        for label, line in ((label, lines[name]) for label, lines in found.items() if name in lines):
            figure = find_figure(line, runs[label].figures)
            low, high = (figure.low, figure.high) if figure else (np.nan, np.nan)
            bars.append(Bar(f"{name}, {label}", line.accuracy, low, high, _single(runs[label].frame, line)))
    return bars


def _single(frame: pd.DataFrame, line: Result) -> list[float]:
    """The accuracy of each seed."""
    return frame.accuracy[frame.taught_by == line.of].tolist()


def _recalls(runs: Mapping[str, ComparedRun], names: Sequence[str]) -> list[Column]:
    """Recall of each class by what taught the classifier, the same teaching sets side by side."""
    columns = []
    for of in dict.fromkeys(line.of for run in runs.values() for line in run.results if line.of):
        for label, run in runs.items():
            taught = run.frame[run.frame.taught_by == of]
            by_class = dict(zip(run.class_names, recall_columns(run.class_names), strict=True))
            shares = [taught[by_class[name]].mean() if by_class.get(name) in taught else np.nan for name in names]
            total = f"{100 * taught.accuracy.mean():.2f}" if len(taught) else "—"
            columns.append(recall_column(f"taught by {of}, {label}", np.array(shares), total))
    return columns


def _pair_pictures(runs: Mapping[str, ComparedRun]) -> list[tuple[str, list[tuple[str, str]]]]:
    """What the pictures show, with the run and the data URI of each."""
    shown = {caption: list[tuple[str, str]]() for run in runs.values() for caption in run.pictures}
    for label, run in runs.items():
        for caption, picture in run.pictures.items():
            shown[caption].append((label, embed_picture(picture)))
    return list(shown.items())


def _pair_checks(runs: Mapping[str, ComparedRun]) -> list[list[tuple[str, Check]]]:
    """The checks that say what they would have noticed, those of one name together, with the run of each."""
    planted = [(label, check) for label, run in runs.items() for check in run.checks if check.controls]
    names = dict.fromkeys(check.name for _, check in planted)
    return [[(label, check) for label, check in planted if check.name == name] for name in names]


def _pair_confusions(runs: Mapping[str, ComparedRun]) -> list[tuple[Confusion, Sequence[str]]]:
    """The confusion matrices, the same lines of both headlines side by side, with the names of the run's classes."""
    asked = {line.name: line.asked for run in runs.values() for line in run.results}
    return [
        (confusion_table(f"{name}, {label}", rows, confusion, run.class_names), run.class_names)
        for name, rows in asked.items()
        for label, run in runs.items()
        if (confusion := run.confusions.get(name)) is not None
    ]
