"""How many steps a private teacher should take, and how much of the budget the release should have.

    python -m benchmarks.private_teacher --source cifar/ --colour grey

The pictures are others than those that a figure is published for, so that no choice is made on these. What the teacher
can learn is taken to depend on mu times the number of images: fewer images with a larger mu tell it sooner. Accuracies
are those of the teacher on validation images.
"""

import argparse
from dataclasses import dataclass

import numpy as np

from benchmarks.real import Real, real_images
from benchmarks.result_table import Result, ResultTable, results_option
from gan_core.config import DataSettings
from gan_core.privacy.accounting import find_epsilon, find_mu, sigma_for
from gan_core.privacy.ledger import Ledger
from gan_core.privacy.mean_embedding import Embedding, Release, release
from gan_core.privacy.private_teacher import Teacher, TeacherSettings, begin, believe, learn
from gan_core.privacy.reader import Reader
from gan_core.privacy.scattering import read_features

WHOLE = 55_000  # images, of which the budgets are told
DELTA = 1e-5
EPSILONS = 0.2, 1.0, 3.0, 10.0
STEPS = (20, 15.0), (40, 20.0), (80, 30.0), (150, 40.0), (300, 60.0)  # of the teacher, and their size
SHARES = 0.1, 0.4  # of the budget for the release, beside SHARE
SHARE = 0.2  # where steps are compared


@dataclass(frozen=True)
class Features:
    """The features of real images, which are read once for all teachers."""

    real: Real
    train: np.ndarray  # float32 [N, D]
    validation: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source")
    parser.add_argument("--colour", choices=["grey", "rgb"])
    parser.add_argument("--images", type=int, default=10_000, help="to learn from")
    parser.add_argument("--epsilons", type=float, nargs="+", default=EPSILONS, help=f"for {WHOLE:,} images")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1], help="of the noise")
    results_option(parser)
    options = parser.parse_args()
    table = ResultTable("private-teacher", options.results)
    real = real_images(options.source, DataSettings(colour=options.colour, train_images=options.images))
    read = Features(real, read_features(real.train.images), read_features(real.validation.images))
    for epsilon in options.epsilons:
        cases = [(SHARE, TeacherSettings(steps=steps, step_size=size)) for steps, size in STEPS]
        cases += [(share, TeacherSettings()) for share in SHARES]
        table.append([_measure(read, epsilon, *case, options.seeds) for case in cases])


def _measure(read: Features, epsilon: float, share: float, settings: TeacherSettings, seeds: list[int]) -> Result:
    """How well teachers of these settings know validation images; the spread is that over the noise."""
    accuracies = [known(_teach(read, epsilon, share, settings, seed), read) for seed in seeds]
    case = f"epsilon {epsilon:g}, release {share:g} of the budget, {settings.steps} steps of {settings.step_size:g}"
    return tell(_setting(read.real), case, accuracies)


def tell(setting: str, case: str, accuracies: list[float]) -> Result:
    """The row of accuracies in per cent, which is printed too."""
    spread = float(np.std(accuracies, ddof=1)) if len(accuracies) > 1 else np.nan
    print(f"{case}: {np.mean(accuracies):.2f} ± {spread:.2f} %", flush=True)
    return Result(setting, case, "accuracy, %", float(np.mean(accuracies)), spread, len(accuracies))


def known(teacher: Teacher, read: Features) -> float:
    """How many of the validation images it knows, in per cent."""
    return 100 * float(np.mean(believe(teacher, read.validation).argmax(1) == read.real.validation.labels))


def _setting(real: Real) -> str:
    shape = real.train.shape
    return (
        f"private teacher, {len(real.train):,} of images {shape.height}x{shape.width}x{shape.channels} with mu as of "
        f"{WHOLE:,}, delta {DELTA:g}, validation images"
    )


def _teach(read: Features, epsilon: float, share: float, settings: TeacherSettings, seed: int) -> Teacher:
    """A teacher of the images, whose noise is as deep in them as in so many more at this epsilon."""
    budget = find_epsilon(find_mu(epsilon, DELTA) * WHOLE / len(read.train), DELTA)
    return read_both(read, budget, share, settings, seed)[1]


def read_both(
    read: Features, epsilon: float, share: float, settings: TeacherSettings, seed: int
) -> tuple[Release, Teacher]:
    """What a private run reads of the images: this share of the budget for the release, the rest for the teacher."""
    real, features = read.real.train, read.train
    door = Reader(Ledger(epsilon, DELTA, noise_seed=seed), keep=lambda ledger: None)
    counts = np.bincount(real.labels).astype(np.float64)
    sigma = sigma_for(epsilon, DELTA, share=share)
    released = release(features, real, Embedding(), sigma=sigma, read=door, counts=counts)
    begun = begin(settings, Embedding().find_centre(released, features.shape[1]), classes=len(counts))
    sigma = sigma_for(epsilon, DELTA, share=1 - share, readings=settings.steps)
    *_, teacher = learn(begun, features, real.labels, sigma=sigma, settings=settings, read=door)
    return released, teacher


if __name__ == "__main__":
    main()
