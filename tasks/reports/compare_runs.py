"""The errand of comparing two runs: what their folders say, written as one page."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from pydantic import ValidationError

from gan_core.audit.measures import figures_in
from gan_core.audit.record import pairs_from_arrays, read_audit
from gan_core.config import STORED, Experiment
from gan_core.files import (
    Place,
    load_arrays,
    read_frame,
    read_text,
    without_password,
    write_csv,
    write_frame,
    write_text,
)
from gan_core.gan.generator_card import read_card
from gan_core.measures.diversity import recorded_diversity
from gan_core.pages.comparison_page import ComparedRun, render
from gan_core.reports.examination_arrays import from_arrays
from gan_core.reports.history_table import HistoryEntry
from gan_core.reports.run_table import summarise_results
from tasks.runs.epochs import read_epochs
from tasks.runs.run_folder import Run

FILES = "comparison.html", "history.html", "history.parquet", "history.csv"  # that `compare` leaves


def publish_comparison(
    entries: Sequence[HistoryEntry], runs: Sequence[Run], frame: pd.DataFrame, folder: Place
) -> Place:
    """Write the frame of both as history.parquet and history.csv, and the page of the two, which is returned."""
    first, second = map(_read_run, entries, runs)
    page = folder / "comparison.html"
    write_frame(frame, folder / "history.parquet")
    write_csv(frame, folder / "history.csv")
    write_text(page, render(first, second))
    return page


def _read_run(entry: HistoryEntry, run: Run) -> ComparedRun:
    """What the folder of a run says, as far as its program wrote it."""
    history, frame = read_frame(run.history), read_frame(run.frame)
    pictures = {
        "Synthetic beside real images": [run.mosaic],
        "Walks between latents": [run.walks],
        "Images at the end of the training": run.epoch_grids()[-1:],
    }
    return ComparedRun(
        entry,
        frame,
        history,
        _class_names(run, frame),
        experiment=_experiment(run),
        diversity=recorded_diversity(read_epochs(run)[-1]),
        checks=read_audit(run.audit).checks if run.audit.is_file() else (),
        figures=figures_in(read_frame(run.measures)) if run.measures.is_file() else (),
        pairs=pairs_from_arrays(load_arrays(run.pairs)) if run.pairs.is_file() else (),
        confusions=_confusions(run) if run.examinations.is_file() else {},
        pictures={shown: place for shown, places in pictures.items() for place in places if place.is_file()},
    )


def _class_names(run: Run, frame: pd.DataFrame) -> Sequence[str]:
    """Those that the generator was told, else what the report calls its columns."""
    if run.generator.is_file():
        return read_card(run.generator).class_names
    return [str(column).removeprefix("recall_") for column in frame if str(column).startswith("recall_")]


def _confusions(run: Run) -> dict[str, np.ndarray]:
    """What was taken for what, by the lines of the headline."""
    examinations, trts = from_arrays(load_arrays(run.examinations))
    lines = summarise_results(examinations, trts)
    return {line.name: item.confusion for line, item in zip(lines, [*examinations, trts], strict=True)}


def _experiment(run: Run) -> Experiment | None:
    """The settings of the run, without a password in them; None if this program does not know them all."""
    try:
        experiment = Experiment.model_validate_json(read_text(run.experiment), context=STORED)
    except ValidationError:
        return None
    return experiment.model_copy(update={"source": experiment.source and without_password(experiment.source)})
