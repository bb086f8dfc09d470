"""Champion and challenger: by how much one teaches better than the other, and whether that is more than noise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gan_core.errors import show_share


@dataclass(frozen=True)
class Comparison:
    """How well the images of two generators teach the same classifiers; shares of 1."""

    challenger: float  # mean accuracy over the seeds
    champion: float
    noise: float  # standard error of their difference

    @property
    def gain(self) -> float:
        return self.challenger - self.champion


def compare(challenger: np.ndarray, champion: np.ndarray) -> Comparison:
    """Compare which images the classifiers taught by either recognise: bool [S, N], a row for each of the same seeds.

    Every pair of classifiers answers about the same images, so the differences d [S, N] are paired. Other seeds and
    other images would each have given another mean of them, and the squares of the two standard errors add up:
    var(mean of a row) / S + var(mean of a column) / N, the larger the fewer seeds or images there are.
    """
    if challenger.shape != champion.shape or len(challenger) < 2:
        raise ValueError(
            f"Expected answers of the same seeds, two or more, got {challenger.shape} and {champion.shape}."
        )
    differences = challenger.astype(np.float64) - champion
    seeds, images = differences.mean(axis=1), differences.mean(axis=0)
    noise = np.sqrt(seeds.var(ddof=1) / len(seeds) + images.var(ddof=1) / len(images))
    return Comparison(float(challenger.mean()), float(champion.mean()), float(noise))


@dataclass(frozen=True)
class Verdict:
    """Whether a challenger becomes champion, in a sentence why, and on which figures."""

    promoted: bool
    reason: str
    figures: dict[str, float]


def decide(
    accuracy: float,
    comparison: Comparison | None,
    *,
    faults: Sequence[str],
    measured: Mapping[str, float],
    standard_errors: float,
) -> Verdict:
    """Promote what has no fault and beats the champion, where there is one, by more than noise.

    `faults` are what an audit found wrong with the challenger's images, in sentences, `measured` what it measured.
    """
    figures = {"accuracy": accuracy, **measured}
    if comparison:
        figures |= {"champion_accuracy": comparison.champion, "gain": comparison.gain, "gain_noise": comparison.noise}
    if faults:
        return Verdict(False, faults[0], figures)
    if comparison is None:
        return Verdict(True, "There was no champion.", figures)
    better = comparison.gain > standard_errors * comparison.noise
    return Verdict(better, _sentence(comparison, standard_errors, better=better), figures)


def _sentence(comparison: Comparison, standard_errors: float, *, better: bool) -> str:
    gain, needed = 100 * comparison.gain, 100 * standard_errors * comparison.noise
    return (
        f"It teaches to {show_share(comparison.challenger, 2)}, "
        f"the champion to {show_share(comparison.champion, 2)}: {gain:+.2f} points, "
        f"{'more' if better else 'no more'} than the {needed:.2f} of noise ({standard_errors:g} standard errors)."
    )
