"""How long a run takes, by the pace of the machine and by how much there is to do."""

from dataclasses import dataclass

from gan_core.audit.audit_images import choose_sample
from gan_core.audit.copies import count_comparisons
from gan_core.clock.pace import Pace
from gan_core.config import Experiment
from gan_core.inspection.forecast import Forecast

SETS = 3  # that teach: real, synthetic, both
REST = 10.0  # seconds for what is not measured: bootstraps, pictures, the page, the end of the server


@dataclass(frozen=True)
class Images:
    """How many real images there are of each kind, and of how many classes."""

    train: int
    validation: int
    test: int
    classes: int


@dataclass(frozen=True)
class Taught:
    """How many classifiers of an experiment earlier runs have taught: by the real images, and by subsets of these."""

    real: int = 0
    subsets: int = 0


def estimate(experiment: Experiment, pace: Pace, images: Images, taught: Taught = Taught()) -> Forecast:
    """The seconds of the parts of a run, from the first classifier to the report with what the set is worth."""
    gan, dataset, classifier = experiment.gan, experiment.dataset, experiment.classifier
    refined, seeds = len(dataset.refinements), len(classifier.seeds)
    drawn = sum(dataset.plan(images.classes).values())
    rounds = gan.epochs * gan.rounds(images.train)
    training = pace.begin_training + rounds * pace.round + gan.epochs * pace.look
    drawing = (1 + bool(refined)) * drawn * pace.image
    lessons = seeds * (SETS + refined + experiment.worth) - taught.real - taught.subsets
    courses = 2 if "soft" in dataset.refinements and not classifier.soft_dropout else 1
    teaching = courses * pace.begin_teaching + lessons * classifier.steps * pace.step
    asked = lessons * images.test + (1 + bool(refined)) * seeds * drawn  # soft labels are answers too
    sample = min(choose_sample(drawn), drawn)
    comparing = pace.catalogue + count_comparisons(sample, images.validation) * pace.compared
    examining = asked * pace.answer + comparing + REST
    return Forecast(training, teaching, drawing, examining, pace.rounds * gan.penalty_interval)
