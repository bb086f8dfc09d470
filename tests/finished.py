"""Folders of finished runs, made up: for tests of what reads them."""

from pathlib import Path

import numpy as np
import pandas as pd

from gan_core.classifiers.answers import Score
from gan_core.config import Experiment
from gan_core.files import write_frame, write_text
from gan_core.measures.diversity import Diversity
from gan_core.measures.tstr import Examination, TeachingSet
from gan_core.provenance import Provenance
from gan_core.reports.confusion_frame import build_confusion_frame
from gan_core.reports.run_table import build_run_frame
from tasks.runs.run_folder import Run

SOUND = Diversity(coverage=0.9, manifold_recall=0.8, repeated=0.0, evenness=1.0, worst_class_coverage=0.7, frechet=3.0)
FLAT = Diversity(coverage=0.1, manifold_recall=0.1, repeated=0.0, evenness=1.0, worst_class_coverage=0.0, frechet=99.0)
NAMES = ("20261101-030000-standard-aaaaaaaa", "20261108-030000-standard-bbbbbbbb", "20261115-030000-classic-cccccccc")
CLASSES = ("Coat", "Bag")


def examination(taught_by: TeachingSet, share: float) -> Examination:
    right = [round(1_000 * share) + seed for seed in range(3)]
    scores = (Score(seed, np.array([[n, 1_000 - n], [1_000 - n, n]]), 1.5) for seed, n in enumerate(right))
    return Examination(taught_by, "two-conv", 55_000, tuple(scores))


def finished_run(runs: Path, name: str, experiment: Experiment, share: float, *, seen: Diversity = SOUND) -> Run:
    """The files of a run that the history reads."""
    run = Run(runs / name)
    write_text(run.experiment, experiment.model_dump_json())
    versions = {"python": "3.11.2", "keras": "3.15" if name == NAMES[0] else "3.16"}
    provenance = Provenance(name, experiment.settings_digest(), "d" * 64, "e" * 64, "f" * 64, versions, "float32")
    taught = [examination("real", 0.9), examination("synthetic", share), examination("both", 0.91)]
    write_frame(build_run_frame(taught, examination("real", 0.95), provenance, CLASSES), run.frame)
    write_frame(build_confusion_frame(taught, examination("real", 0.95), CLASSES), run.confusions)
    write_frame(pd.DataFrame([{"epoch": 1, "seconds": 2.0, **vars(seen)}]), run.history)
    return run
