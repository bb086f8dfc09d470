"""What synthetic images, flips and shifts, and both together gain beside few real images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gan_core.worth.difference import Difference, difference

LEAST_RATIO, MOST_RATIO = 0.01, 20.0  # of synthetic to real images
RATIOS = (0.25, 2.0, MOST_RATIO)  # in equal factors, or nearly; a peak between them asks for more


@dataclass(frozen=True)
class Gain:
    """What a teaching set teaches that has some real images, and how much more than these alone; test images."""

    images: int  # real ones
    synthetic: int  # added to them, 0 for none
    varied: bool  # whether all of them were moved, turned and maybe mirrored, each time that they were shown
    accuracy: float
    gain: Difference  # over the real images alone
    over_rival: Difference  # over the real images, varied: the free rival
    validation: float  # accuracy on validation images, by which a ratio may be chosen
    best: bool = False  # whether it is the best of those with synthetic images, by validation images

    @property
    def taught_by(self) -> str:
        """What taught: `real`, `real + synthetic`, `real, varied` or `real + synthetic, varied`."""
        return "real" + " + synthetic" * bool(self.synthetic) + ", varied" * self.varied

    @property
    def ratio(self) -> float:
        """Of synthetic to real images."""
        return self.synthetic / self.images


Answered = Mapping[tuple[int, bool], np.ndarray]  # right answers bool [S, N] by synthetic images and whether varied


def measure_gains(images: int, test: Answered, validation: Answered) -> tuple[Gain, ...]:
    """A gain for each teaching set beside so many real images; the sets must be the same for both kinds of images.

    The ratio is chosen by validation images, so that the test images judge what they did not choose.
    """
    alone, rival = test[0, False], test[0, True]
    added = [which for which in validation if which[0]]
    best = max(added, key=lambda which: float(validation[which].mean()), default=None)
    return tuple(
        Gain(
            images,
            which[0],
            which[1],
            float(right.mean()),
            difference(right, alone),
            difference(right, rival),
            float(validation[which].mean()),
            best=which == best,
        )
        for which, right in test.items()
    )


def describe_gains(gains: Sequence[Gain]) -> str:
    """What is best beside one number of real images, in a sentence."""
    best = next((each for each in gains if each.best), None)
    rival = next(each for each in gains if each.varied and not each.synthetic)
    varied = f"Moving and turning {rival.images:,} real images gains {rival.gain.text} over these alone."
    if best is None:
        return varied
    told = "" if best.over_rival.is_told else ", which cannot be told from noise"
    return (
        f"{varied} The best with synthetic ones by validation images is {best.ratio:.3g} of them to a real one"
        f"{', varied' if best.varied else ''}: {best.gain.text} over the real ones alone, {best.over_rival.text} over "
        f"these moved and turned{told}."
    )
