"""Which settings fill a time: the last stage of the table that fits, and as much training as there is time for."""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from math import floor

from gan_core.clock.duration import Images, Taught, estimate
from gan_core.clock.pace import Pace
from gan_core.clock.stages import Stage, read_stages
from gan_core.clock.training_length import count_epochs, lengthen, shorten
from gan_core.config import Experiment
from gan_core.errors import BadInput
from gan_core.inspection.forecast import Forecast

START = 1  # the stage of the table that is measured first; the one before is for slow machines
BEYOND_EPOCHS, BEYOND_STEPS = 2, 3  # times what a stage has of them, where there is time, but no later stage fits
STEPS = "classifier.steps"
LEFT = 0.05  # of the time: if more is left after the longest training, classifiers learn longer


@dataclass(frozen=True)
class Choice:
    """An experiment, the stage of the table that it is of, and what it will take."""

    experiment: Experiment
    stage: Stage
    forecast: Forecast
    accuracy: float | None  # in percent, what such settings taught Fashion-MNIST; none where that is not known


@dataclass(frozen=True)
class Situation:
    """What the time of a run depends on beside its settings."""

    images: Images
    pace: Callable[[Experiment], Pace]  # measures, or remembers
    taught: Callable[[Experiment], Taught]

    def seconds(self, experiment: Experiment, pace: Pace | None = None) -> float:
        """How long a run takes, by another pace if one is given."""
        return self.forecast(experiment, pace).seconds

    def forecast(self, experiment: Experiment, pace: Pace | None = None) -> Forecast:
        """The same in its parts."""
        return estimate(experiment, pace or self.pace(experiment), self.images, self.taught(experiment))


def choose(experiment: Experiment, kept: Set[str], situation: Situation, seconds: Callable[[], float]) -> Choice:
    """The experiment that fills the `seconds` that are left when they are asked for; BadInput if none is so short.

    What is `kept`, by names as gan.epochs, stays as it is. A measurement takes its time too: larger networks than those
    of the stage `START` are measured where they may fit by its pace, and smaller ones where nothing else fits.
    """
    images, stages = situation.images, read_stages()
    shortest = [shorten(stage.apply(experiment, kept), stage.epochs[0], images, kept) for stage in stages]
    start = min(START, len(stages) - 1)
    tried, fitting = shortest[start], _find_fitting(shortest[start:], situation, seconds)
    if not fitting and seconds() > 0:
        tried, fitting = shortest[0], _find_fitting(shortest[: max(1, start)], situation, seconds)
    left = seconds()
    still = [each for each in fitting if situation.seconds(each) <= left]
    if not still:
        raise too_short(situation.seconds(tried), left)
    least = still[-1]
    stage = [stage for stage, each in zip(stages, shortest, strict=True) if each == least][-1]
    room = left - situation.seconds(least)
    longest = lengthen(least, BEYOND_EPOCHS * stage.epochs[-1], room, situation.pace(least), images, kept)
    chosen = teach_longer(longest, kept, situation, left)
    accuracy = stage.accuracy(count_epochs(chosen, images)) if stage.speaks_of(chosen) else None
    return Choice(chosen, stage, situation.forecast(chosen), accuracy)


def _find_fitting(
    experiments: Sequence[Experiment], situation: Situation, seconds: Callable[[], float]
) -> list[Experiment]:
    """Those that fit; each is measured that may fit by the pace of the first, which has the smallest networks."""
    near = [
        each
        for each in experiments
        if situation.seconds(each, situation.pace(experiments[0])) <= seconds() and situation.pace(each)
    ]
    return [each for each in near if situation.seconds(each) <= seconds()]


def teach_longer(experiment: Experiment, kept: Set[str], situation: Situation, seconds: float) -> Experiment:
    """The same with more steps of the classifiers, where much of the time is left."""
    steps = experiment.classifier.steps
    if STEPS in kept or situation.seconds(experiment) >= (1 - LEFT) * seconds:
        return experiment
    one, twice = (situation.seconds(with_steps(experiment, more)) for more in (steps + 1, 2 * steps + 1))
    more = floor((seconds - one) / ((twice - one) / steps))
    return with_steps(experiment, min(steps + 1 + more, BEYOND_STEPS * steps)) if more >= 0 else experiment


def with_steps(experiment: Experiment, steps: int) -> Experiment:
    """The same with so many steps of each classifier."""
    return experiment.model_copy(update={"classifier": experiment.classifier.model_copy(update={"steps": steps})})


def too_short(needed: float, seconds: float) -> BadInput:
    """The refusal of a time that nothing fits into."""
    return BadInput(
        f"Expected at least {needed / 60:.1f} minutes after the measurement for the shortest run with these pictures "
        f"on this machine, as busy as it is now, got {max(0.0, seconds) / 60:.1f}; give more of them, or smaller "
        "pictures by --data.size."
    )
