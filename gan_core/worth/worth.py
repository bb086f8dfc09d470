"""All that is known of the worth of a run's images, as values, as JSON and as a frame."""

from dataclasses import dataclass, replace
from typing import get_args

import pandas as pd
from pydantic import ConfigDict, TypeAdapter

from gan_core.files import Place, read_text, undamaged
from gan_core.worth.advice import About, Advice
from gan_core.worth.curve import Curve, Point
from gan_core.worth.gains import Gain


@dataclass(frozen=True)
class Worth:
    """What synthetic images are worth, by classifiers of one kind."""

    __pydantic_config__ = ConfigDict(ser_json_inf_nan="strings")

    identity: str  # of the images, the classifier and the program that it depends on
    classifier: str
    steps: int  # of each teaching
    subsets: int  # that were asked for beside the whole training set; fewer where they would be equal
    curve: Curve
    gains: tuple[Gain, ...] = ()
    advice: tuple[Advice, ...] = ()

    @property
    def sentence(self) -> str:
        """What the images are worth to a classifier of this kind, in a sentence."""
        return f"To a {self.classifier} classifier, {self.curve.sentence}"

    def with_gains(self, gains: tuple[Gain, ...]) -> "Worth":
        """The same with these gains."""
        return replace(self, gains=gains).joined(self)

    def with_advice(self, advice: tuple[Advice, ...]) -> "Worth":
        """The same with this advice."""
        return replace(self, advice=advice).joined(self)

    def joined(self, earlier: "Worth | None") -> "Worth":
        """The same with the gains and the advice of an earlier measurement of the same images, if there is one.

        What was measured again replaces what was there, but no answer is replaced by none.
        """
        if earlier is None or earlier.identity != self.identity:
            return self
        answers = {each.about for each in earlier.advice if each.answered}
        own = tuple(each for each in self.advice if each.answered or each.about not in answers)
        known, told = {each.images for each in self.gains}, {each.about for each in own}
        gains = (*(each for each in earlier.gains if each.images not in known), *self.gains)
        advice = [*own, *(each for each in earlier.advice if each.about not in told)]
        advice = sorted(advice, key=lambda each: get_args(About).index(each.about))
        return replace(self, gains=tuple(sorted(gains, key=lambda each: each.images)), advice=tuple(advice))


_ADAPTER = TypeAdapter(Worth)


def to_json(worth: Worth) -> str:
    """The same as JSON; equal values give equal texts."""
    return _ADAPTER.dump_json(worth, indent=1).decode() + "\n"


def read_worth(path: Place) -> Worth | None:
    """What `to_json` wrote in a file, None if there is none; BadInput for a damaged one."""
    if not path.is_file():
        return None
    with undamaged(path):
        return _ADAPTER.validate_json(read_text(path))


def build_worth_frame(worth: Worth) -> pd.DataFrame:
    """One row for each teaching set: its real and synthetic images, accuracy with its interval, and gain likewise."""
    curve = [_row(point, "real", point.images, 0) for point in worth.curve.points]
    synthetic = _row(worth.curve.synthetic, "synthetic", 0, worth.curve.synthetic.images)
    gains = [
        {
            "taught_by": each.taught_by,
            "real_images": each.images,
            "synthetic_images": each.synthetic,
            "accuracy": each.accuracy,
            "gain": each.gain.value,
            "gain_low": each.gain.low,
            "gain_high": each.gain.high,
        }
        for each in worth.gains
    ]
    columns = ["taught_by", "real_images", "synthetic_images", "accuracy", "low", "high"]
    columns += ["gain", "gain_low", "gain_high"]
    return pd.DataFrame([*curve, synthetic, *gains], columns=columns)


def _row(point: Point, taught_by: str, real: int, synthetic: int) -> dict[str, object]:
    return {
        "taught_by": taught_by,
        "real_images": real,
        "synthetic_images": synthetic,
        "accuracy": point.accuracy,
        "low": point.low,
        "high": point.high,
    }
