"""Folders of finished runs, made up: for tests of what reads them."""

from pathlib import Path

import numpy as np
import pandas as pd

from gan_core.classifiers.answers import Answers, Score
from gan_core.config import Experiment
from gan_core.files import save_arrays, write_frame, write_text
from gan_core.measures.diversity import Diversity
from gan_core.measures.tstr import Examination, TeachingSet
from gan_core.provenance import Provenance
from gan_core.reports.examination_arrays import to_arrays
from gan_core.reports.run_table import build_run_frame
from tasks.runs.run_folder import Run

SOUND = Diversity(coverage=0.9, manifold_recall=0.8, repeated=0.0, evenness=1.0, worst_class_coverage=0.7, frechet=3.0)
FLAT = Diversity(coverage=0.1, manifold_recall=0.1, repeated=0.0, evenness=1.0, worst_class_coverage=0.0, frechet=99.0)
NAMES = ("20261101-030000-standard-aaaaaaaa", "20261108-030000-standard-bbbbbbbb", "20261115-030000-classic-cccccccc")
CLASSES = ("Coat", "Bag")


def examination(taught_by: TeachingSet, share: float) -> Examination:
    right = [round(1_000 * share) + seed for seed in range(3)]
    labels = np.repeat(np.arange(2, dtype=np.uint8), 1_000)
    scores = (
        Score(seed, np.array([[n, 1_000 - n], [1_000 - n, n]]), 1.5, _answers(labels, n))
        for seed, n in enumerate(right)
    )
    return Examination(taught_by, "two-conv", 55_000, tuple(scores))


def _answers(labels: np.ndarray, right: int) -> Answers:
    """Those of a classifier that recognises so many of each thousand images of a class."""
    wrong = np.arange(len(labels)) % 1_000 >= right
    return Answers(labels, np.where(wrong, 1 - labels, labels), np.ones(len(labels), np.float32))


def finished_run(runs: Path, name: str, experiment: Experiment, share: float, *, seen: Diversity = SOUND) -> Run:
    """The files of a run that the history reads."""
    run = Run(runs / name)
    write_text(run.experiment, experiment.model_dump_json())
    versions = {"python": "3.11.2", "keras": "3.15" if name == NAMES[0] else "3.16"}
    provenance = Provenance(name, experiment.settings_digest(), "d" * 64, "e" * 64, "f" * 64, versions, "float32")
    taught = [examination("real", 0.9), examination("synthetic", share), examination("both", 0.91)]
    write_frame(build_run_frame(taught, examination("real", 0.95), provenance, CLASSES), run.frame)
    save_arrays(run.examinations, to_arrays(taught, examination("real", 0.95)))
    write_frame(pd.DataFrame([{"epoch": 1, "seconds": 2.0, **vars(seen)}]), run.history)
    return run
