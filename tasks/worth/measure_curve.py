"""The errand of the curve: teach by real subsets of rising sizes, and find where the synthetic set stands."""

from __future__ import annotations

import logging

import numpy as np

from gan_core.config import ClassifierSettings, Experiment
from gan_core.errors import BadInput
from gan_core.files import load_arrays, read_frame, sha256
from gan_core.images.labelled_images import read_shape
from gan_core.provenance import TEACHING, digest, program_digest
from gan_core.reports.examination_arrays import recognised
from gan_core.worth.curve import measure_curve as curve_of
from gan_core.worth.subsets import choose_sizes, nest
from gan_core.worth.worth import Worth, read_worth
from tasks.data.normalize import RealSets
from tasks.runs.run_experiment import read_run_experiment
from tasks.runs.run_folder import Run
from tasks.uncached_task import uncached_task
from tasks.worth.classroom import Classroom, ImageFile, Lesson

logger = logging.getLogger("synthetic_data.worth")


@uncached_task
def measure_curve(real: RealSets, experiment: Experiment, run: Run) -> Worth:
    """What real subsets teach about the test images, each from each seed, and the run's synthetic images beside them.

    Each seed has subsets of its own, so that the intervals know how subsets differ. Raises BadInput for other real
    images than those of the run.
    """
    require_same_images(real, run)
    settings, train = experiment.classifier, ImageFile(real.train)
    sizes, courses = plan_courses(train, settings, experiment.worth)
    classroom = Classroom(settings, {"test": ImageFile(real.test)})
    subsets = classroom.recognised(courses, "Teaching by real subsets")["test"]
    whole, synthetic = recognise_by_whole_sets(classroom, train, experiment, run)
    images = read_shape(run.synthetic)[0]
    curve = curve_of(sizes, np.concatenate([subsets, whole[np.newaxis]]), synthetic, images=images)
    logger.info(curve.sentence)
    return Worth(identify_worth(real, experiment, run), settings.name, settings.steps, experiment.worth, curve)


def plan_courses(train: ImageFile, settings: ClassifierSettings, subsets: int) -> tuple[list[int], list[list[Lesson]]]:
    """The sizes of the subsets and of the whole set, and a lesson of each seed for each subset."""
    labels = train.images.labels
    sizes = choose_sizes(labels, subsets)
    orders = {seed: nest(labels, seed) for seed in settings.seeds}
    return sizes, [[Lesson(((train, orders[seed][:size]),), seed) for seed in settings.seeds] for size in sizes[:-1]]


def recognise_by_whole_sets(
    classroom: Classroom, train: ImageFile, experiment: Experiment, run: Run
) -> tuple[np.ndarray, np.ndarray]:
    """The test images, bool [S, N], that the whole real and the whole synthetic set teach to recognise.

    The run has them if it examined them by the same classifier; else both teach again.
    """
    if run.examinations.is_file() and read_run_experiment(run).classifier == experiment.classifier:
        arrays = load_arrays(run.examinations)
        return recognised(arrays, "real"), recognised(arrays, "synthetic")
    sets = (train, ImageFile(run.synthetic))
    courses = [[Lesson((each.whole,), seed) for seed in classroom.settings.seeds] for each in sets]
    whole, synthetic = classroom.recognised(courses, "Teaching by whole sets")["test"]
    return whole, synthetic


def require_same_images(real: RealSets, run: Run) -> None:
    """Raise BadInput for real images that are not those which the run was made of."""
    if read_frame(run.frame)["data_digest"].iloc[0] != real.digest:
        raise BadInput(
            f"Expected the real images of the run {run.id}, got others; name those that it was made of by --source."
        )


def identify_worth(real: RealSets, experiment: Experiment, run: Run) -> str:
    """Digest of all that the worth of a run's images depends on, but for the number of subsets."""
    program = program_digest((*TEACHING, "worth"))
    return digest(program, experiment.classifier.digest(), real.digest, sha256(run.synthetic))


def known_worth(real: RealSets, experiment: Experiment, run: Run) -> Worth | None:
    """What was measured before of the same images, by the same program and classifier; None if nothing was."""
    known = read_worth(run.worth)
    return known if known and known.identity == identify_worth(real, experiment, run) else None
