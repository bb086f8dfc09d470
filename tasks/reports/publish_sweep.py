"""The errand of publishing a sweep: one frame of all its runs, the table that compares them, and what went wrong."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from prefect.artifacts import create_table_artifact
from prefect.futures import PrefectFuture

from gan_core.audit.measures import measures_in
from gan_core.config import Experiment
from gan_core.errors import BadInput, Unsound
from gan_core.files import Place, read_frame, write_csv, write_frame
from gan_core.provenance import digest
from gan_core.reports.sweep_table import build_sweep_frame, find_fault, format_sweep
from gan_core.settings_grid import varying
from tasks.runs.run_folder import runs_folder
from tasks.uncached_task import uncached_task

logger = logging.getLogger("synthetic_data.sweep")


@dataclass(frozen=True)
class Sweep:
    """Where the frame of a sweep lies, and the table."""

    frame: str  # a path or URL
    table: str


class Incomplete(Unsound):
    """Some runs of a sweep failed or collapsed; the others are compared all the same."""

    def __init__(self, fault: str, sweep: Sweep) -> None:
        super().__init__(fault, sweep)
        self.fault, self.sweep = fault, sweep

    def __str__(self) -> str:
        return f"{self.fault} All runs are in {self.sweep.frame}."


def validation_outcome(report: PrefectFuture[Place]) -> Place | str:
    """The validation report that a run left, or why there is none: one that fails takes no other with it."""
    try:
        left = report.result()
        logger.info("Run %s is examined on validation images", left.parent.name)
        return left
    except Exception as error:
        logger.error("A run of the sweep failed: %s", error)
        return str(error) if isinstance(error, BadInput) else f"{type(error).__name__}: {error}"


@uncached_task
def publish_sweep(experiments: Sequence[Experiment], outcomes: Sequence[Place | str]) -> Sweep:
    """Write sweep.parquet and sweep.csv, in a folder that the settings of all runs name; raises Incomplete."""
    reports = [outcome if isinstance(outcome, str) else read_frame(outcome) for outcome in outcomes]
    frame = build_sweep_frame(experiments, reports)
    place = _folder(experiments) / "sweep.parquet"
    write_frame(frame, place)
    write_csv(frame, place.with_suffix(".csv"))
    sweep = Sweep(str(place), format_sweep(frame, varying(experiments)))
    _publish_artifact(frame)
    if wrong := find_fault(frame, tolerate_collapse=experiments[0].tolerate_collapse):
        raise Incomplete(wrong, sweep)
    return sweep


def _folder(experiments: Sequence[Experiment]) -> Place:
    parts = sorted(experiment.settings_digest() for experiment in experiments)
    identity = digest(experiments[0].source, *parts)
    return runs_folder() / "sweeps" / f"{experiments[0].name}-{identity[:8]}"


def _publish_artifact(frame: pd.DataFrame) -> None:
    columns = ["seed", *(name for name in frame if "." in str(name))]
    columns += ["outcome", "taught_by", "classifier_seed", *(measure.name for measure in measures_in(frame))]
    rows: list[dict[str, Any]] = json.loads(frame[columns].to_json(orient="records"))
    create_table_artifact(rows, key="sweep", description="Accuracy on validation images")
