"""The errand of fitting an experiment into a time: a short measurement here, and a choice from the table."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from gan_core.clock.minutes import MOST_MINUTES
from gan_core.config import EXPERIMENTS, STANDARD, ClassifierSettings, Experiment, GanSettings
from gan_core.errors import BadInput
from gan_core.images.labelled_images import LabelledImages, read_shape
from gan_core.settings_grid import by_name, differences
from tasks.data.check_experiment import check_experiment
from tasks.data.normalize import RealSets
from tasks.examination.examine import count_taught
from tasks.places import classifier_cache
from tasks.runs.run_folder import check_runs_folder
from tasks.training.team import DISTRIBUTE, assemble
from tasks.uncached_task import uncached_task
from tasks.worth.classroom import Classroom, ImageFile
from tasks.worth.measure_curve import plan_courses

if TYPE_CHECKING:
    from gan_core.clock.duration import Images, Taught
    from gan_core.clock.pace import Pace

Minutes = Annotated[float, Field(gt=0, le=MOST_MINUTES, description="from the flow's start to its end")]
AIM = 0.97  # of the time; what is late is worse than what is early

logger = logging.getLogger("synthetic_data.clock")


def set_deadline(minutes: float | None, experiment: Experiment) -> float | None:
    """The moment, by `time.monotonic`, so many minutes from now; none where no time is given, BadInput as below."""
    if minutes is None:
        return None
    require_choice(experiment)
    return time.monotonic() + AIM * 60 * minutes


def require_choice(experiment: Experiment) -> None:
    """Raise BadInput for a run whose settings no time can choose: one of several hosts, each of which would choose for
    itself, and a private one, whose game is another than that of the table.
    """
    if os.environ.get(DISTRIBUTE) == "workers":
        raise BadInput(
            f"Expected one host that chooses settings by a time, got {DISTRIBUTE}=workers; run with the time on one "
            "host alone, and give all of them the command that it prints."
        )
    if experiment.private:
        raise BadInput(
            "Expected a run that is not private, as the table of settings has no private ones, got an epsilon of "
            f"{experiment.privacy.epsilon:g}; leave out the time."
        )


@uncached_task
def fit_to_deadline(experiment: Experiment, real: RealSets, deadline: float, kept: tuple[str, ...] = ()) -> Experiment:
    """The experiment with the settings that fill the time until the deadline.

    Settings that differ from those of the named experiment stay, and those that are `kept`, by names as gan.epochs.
    """
    from gan_core.clock.choice import Situation, choose
    from gan_core.reports.choice_text import describe_choice
    from gan_core.reports.inspection_table import format_minutes

    started = time.monotonic()
    logger.info("Measuring this machine, to fill the %s that are left", format_minutes(deadline - started))
    situation = Situation(_count(real), _stopwatch(real), _memory(real))
    found = choose(experiment, {*kept, *find_changes(experiment)}, situation, lambda: deadline - time.monotonic())
    logger.info("Measured in %s", format_minutes(time.monotonic() - started))
    for line in describe_choice(found, seconds=deadline - time.monotonic()):
        logger.info(line)
    check_runs_folder(check_experiment(found.experiment), found.experiment)
    return found.experiment


def find_changes(experiment: Experiment) -> set[str]:
    """The names of the settings that differ from those of the experiment whose name it has."""
    named = EXPERIMENTS.get(experiment.name, STANDARD)
    return set(differences(by_name(named.model_dump()), by_name(experiment.model_dump())))


def _count(real: RealSets) -> Images:
    from gan_core.clock.duration import Images

    (train, _, classes), (validation, *_), (test, *_) = map(read_shape, (real.train, real.validation, real.test))
    return Images(train, validation, test, classes)


def _stopwatch(real: RealSets) -> Callable[[Experiment], Pace]:
    """Measures the pace of an experiment's networks, once of each size."""
    from gan_core.clock.pace import measure_pace

    train, validation = map(LabelledImages.load, (real.train, real.validation))

    @cache
    def measure(gan: GanSettings, classifier: ClassifierSettings) -> Pace:
        return measure_pace(gan, classifier, train, validation, scope=assemble().strategy.scope())

    def of(experiment: Experiment) -> Pace:
        gan = experiment.gan.model_copy(update={"epochs": 1, "epoch_images": None})
        return measure(gan, experiment.classifier.model_copy(update={"steps": 1, "soft_dropout": True}))

    return of


def _memory(real: RealSets) -> Callable[[Experiment], Taught]:
    """Counts the classifiers that an experiment finds in the cache."""
    from gan_core.clock.duration import Taught

    train = ImageFile(real.train)

    @cache
    def count(classifier: ClassifierSettings, worth: int) -> Taught:
        courses = plan_courses(train, classifier, worth)[1] if worth else []
        subsets = Classroom(classifier, {"test": ImageFile(real.test)}).count_known(courses)
        return Taught(count_taught([real.train], classifier, classifier_cache()), subsets)

    return lambda experiment: count(experiment.classifier, experiment.worth)
