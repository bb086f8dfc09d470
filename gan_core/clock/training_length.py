"""How long a GAN trains: whole epochs, or a few that are all shortened alike, so that a time can be filled."""

from collections.abc import Iterator, Set
from math import ceil, floor

from gan_core.clock.duration import Images
from gan_core.clock.pace import Pace
from gan_core.config import Experiment

EPOCHS, EPOCH_IMAGES = "gan.epochs", "gan.epoch_images"


def rounds_of_epoch(experiment: Experiment, images: Images, kept: Set[str] = frozenset()) -> int:
    """The rounds of an epoch that is not shortened."""
    gan = experiment.gan if EPOCH_IMAGES in kept else experiment.gan.model_copy(update={"epoch_images": None})
    return gan.rounds(images.train)


def count_rounds(experiment: Experiment, images: Images) -> int:
    """The rounds of the whole training."""
    return experiment.gan.epochs * experiment.gan.rounds(images.train)


def count_epochs(experiment: Experiment, images: Images) -> float:
    """The length of the training in whole epochs."""
    return count_rounds(experiment, images) / rounds_of_epoch(experiment, images)


def set_length(experiment: Experiment, epochs: int, rounds: int, images: Images, kept: Set[str]) -> Experiment:
    """The same with so many epochs of so many rounds."""
    changes: dict[str, int | None] = {"epochs": epochs}
    if EPOCH_IMAGES not in kept:
        whole = rounds == rounds_of_epoch(experiment, images)
        changes["epoch_images"] = None if whole else rounds * experiment.gan.round_images
    return experiment.model_copy(update={"gan": experiment.gan.model_copy(update=changes)})


def shorten(experiment: Experiment, least: float, images: Images, kept: Set[str]) -> Experiment:
    """The same with a training of the `least` whole epochs, or just above, unless its length is kept."""
    if EPOCHS in kept:
        return experiment
    wanted, whole = ceil(least * rounds_of_epoch(experiment, images)), rounds_of_epoch(experiment, images, kept)
    epochs = ceil(wanted / whole)
    rounds = whole if EPOCH_IMAGES in kept else ceil(wanted / epochs)
    return set_length(experiment, epochs, rounds, images, kept)


def lengthen(
    experiment: Experiment, most: float, seconds: float, pace: Pace, images: Images, kept: Set[str]
) -> Experiment:
    """The same with the longest training that takes so many seconds more, and not above the `most` whole epochs."""
    if EPOCHS in kept:
        return experiment
    now = count_rounds(experiment, images)
    room = seconds + now * pace.round + experiment.gan.epochs * pace.look
    longest = max(
        (epochs * rounds, -epochs)
        for epochs, rounds in [
            (experiment.gan.epochs, experiment.gan.rounds(images.train)),
            *_lengths(experiment, most, room, pace, images, kept),
        ]
    )
    epochs = -longest[1]
    return set_length(experiment, epochs, longest[0] // epochs, images, kept)


def _lengths(
    experiment: Experiment, most: float, seconds: float, pace: Pace, images: Images, kept: Set[str]
) -> Iterator[tuple[int, int]]:
    """Numbers of epochs with the most rounds of each that take so many seconds; shortened by a half at most."""
    whole = rounds_of_epoch(experiment, images, kept)
    highest = floor(most * rounds_of_epoch(experiment, images))
    for epochs in range(1, 2 * highest // whole + 2):
        least = whole if EPOCH_IMAGES in kept else 1 if epochs == 1 else ceil(whole / 2)
        rounds = min(whole, highest // epochs, floor((seconds / epochs - pace.look) / pace.round))
        if rounds >= least:
            yield epochs, rounds
