"""The runs of a sweep in one frame, and the table that compares them: by validation images, never by test images."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from gan_core.audit.measures import with_figures
from gan_core.config import Experiment
from gan_core.errors import show_count
from gan_core.measures.diversity import Diversity
from gan_core.measures.measure import Figure
from gan_core.reports.text_table import align_columns, format_percent
from gan_core.settings_grid import by_name, format_value, varying

CAPTION = (
    "Accuracy in per cent on validation images; the test images took no part. After ± stands the standard deviation\n"
    "over {spread}.\n"
    "The best of many owes a little to luck: what it is worth says `synthetic-data run`."
)


def build_sweep_frame(experiments: Sequence[Experiment], reports: Sequence[pd.DataFrame | str]) -> pd.DataFrame:
    """One row for each run, teaching set and classifier; a run that failed has one with the reason.

    A report is what `validated` returns, or the reason why there is none. Columns are the run's seed, the settings
    that vary by their names, the outcome (sound, collapsed or failed) with its reason, and those of the reports.
    """
    varied, rows = varying(experiments), []
    for experiment, report in zip(experiments, reports, strict=True):
        settings = by_name(experiment.model_dump())
        what: dict[str, Any] = {"seed": experiment.seed} | {name: settings[name] for name in varied}
        digest = {"settings_digest": experiment.settings_digest()}
        if isinstance(report, str):
            rows.append(what | {"outcome": "failed", "reason": report} | digest)
        else:
            records = report.rename(columns={"seed": "classifier_seed"}).to_dict("records")
            rows += [what | {str(name): value for name, value in record.items()} | digest for record in records]
    known = ["taught_by", "classifier_seed", "accuracy", "label_fidelity", "coverage"]
    frame = pd.DataFrame(rows)
    frame = frame.reindex(columns=[*frame.columns, *(name for name in known if name not in frame)])
    return frame.astype({"classifier_seed": "Int64"})


def add_validation_columns(
    frame: pd.DataFrame, diversity: Diversity, training_seconds: float, figures: Sequence[Figure]
) -> pd.DataFrame:
    """The tidy report of classifiers that answered about validation images, with what else a sweep compares.

    Every measure that `figures` have and the report has not is a column more.
    """
    compared = frame.assign(
        outcome="collapsed" if diversity.collapse else "sound",
        reason=diversity.collapse,
        examined_on="validation",
        **vars(diversity),
        training_seconds=training_seconds,
    )
    rows = [{str(name): value for name, value in row.items()} for row in compared.to_dict("records")]
    return pd.DataFrame([with_figures(row, figures, row["taught_by"]) for row in rows])


def format_sweep(frame: pd.DataFrame, varied: Sequence[str]) -> str:
    """A line for each run, then one for each combination of settings if there are several seeds, the best first."""
    runs = [_run(rows, varied) for _, rows in frame.groupby("settings_digest", sort=False)]
    lines = align_columns([("seed", *map(_short, varied), *_HEADS, ""), *map(_cells, runs)], left=0)
    if len({run["seed"] for run in runs}) == 1:
        return f"{lines}\n\n{CAPTION.format(spread='the seeds of the classifier')}"
    groups: dict[tuple, list[dict]] = {}
    for run in runs:
        groups.setdefault(tuple(run["settings"]), []).append(run)
    summary = sorted((_summed(settings, group) for settings, group in groups.items()), key=lambda row: row[0])
    heads = ("runs", *map(_short, varied), *_HEADS, "")
    by_settings = align_columns([heads, *(cells for _, cells in summary)], left=0)
    spread = "the seeds of the classifier above, over the runs below"
    return f"{lines}\n\n{by_settings}\n\n{CAPTION.format(spread=spread)}"


def find_fault(frame: pd.DataFrame, *, tolerate_collapse: bool) -> str:
    """What did not go well, in a sentence, empty if all did."""
    runs = frame.drop_duplicates("settings_digest")
    bad = runs[runs.outcome.isin(["failed"] if tolerate_collapse else ["failed", "collapsed"])]
    if not len(bad):
        return ""
    counts = " and ".join(f"{count} {outcome}" for outcome, count in bad.outcome.value_counts(sort=False).items())
    return f"{counts} of {show_count(len(runs), 'run')}. {' '.join(dict.fromkeys(bad.reason))}"


_HEADS = ("taught by synthetic", "by real", "label fidelity", "coverage in a sample")


def _run(rows: pd.DataFrame, varied: Sequence[str]) -> dict[str, Any]:
    first = rows.iloc[0]
    taught = {name: rows.accuracy[rows.taught_by == name] for name in ("synthetic", "real")}
    return {
        "seed": str(first.seed),
        "settings": [format_value(first[name]) for name in varied],
        "accuracy": taught["synthetic"].mean(),
        "spread": taught["synthetic"].std(),
        "real": taught["real"].mean(),
        "fidelity": rows.label_fidelity.mean(),
        "coverage": first.coverage,
        "outcome": "" if first.outcome == "sound" else str(first.outcome),
    }


def _cells(run: dict[str, Any]) -> tuple[str, ...]:
    means = (
        format_percent(run["accuracy"], run["spread"]),
        *(format_percent(run[name]) for name in ("real", "fidelity", "coverage")),
    )
    return (run["seed"], *run["settings"], *means, run["outcome"])


def _summed(settings: Sequence[str], runs: Sequence[dict]) -> tuple[float, tuple[str, ...]]:
    """A key to sort by, and the means over runs that differ in their seeds alone; of failed ones nothing is known."""
    succeeded = pd.DataFrame([run for run in runs if run["outcome"] != "failed"], columns=list(runs[0]))
    numbers = {name: succeeded[name].astype(float) for name in ("accuracy", "real", "fidelity", "coverage")}
    accuracy = numbers.pop("accuracy")
    others = [format_percent(column.mean()) for column in numbers.values()]
    outcomes = pd.Series([run["outcome"] for run in runs if run["outcome"]]).value_counts(sort=False)
    note = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items())
    best = -accuracy.mean() if len(succeeded) else np.inf
    return best, (str(len(succeeded)), *settings, format_percent(accuracy.mean(), accuracy.std()), *others, note)


def _short(name: str) -> str:
    return name.split(".")[-1].replace("_", " ")
