"""Advice to the owner of a set, each sentence with its figure and interval; chosen by validation images alone."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from gan_core.worth.difference import Difference, difference

About = Literal["classes", "number", "epoch", "size"]
Verdict = Literal["passes", "fails", "cannot tell"]  # of the audit
Command = Callable[[Mapping[str, Any]], str]  # the run's own, with other settings of its dataset
NOISE = "cannot be told from noise"


@dataclass(frozen=True)
class Advice:
    """A sentence on one question, and the command that follows from it, empty where there is nothing to do."""

    about: About
    sentence: str
    command: str = ""
    answered: bool = True  # whether the question is; what is not known takes the place of no answer


def advise_number(right: Mapping[int, np.ndarray], *, classes: int, command: Command) -> Advice:
    """How many images to draw, from right answers bool [S, N] by the number of synthetic images that taught.

    These are the fewest of which, and of all larger numbers, it cannot be told that they teach less than all of them.
    Where the last step up still gained, more than all are advised.
    """
    *fewer, most = sorted(right)
    if not fewer:
        return Advice("number", f"How many images to draw is not known: there are no more than {most:,}.")
    less = {each: difference(right[each], right[most], comparisons=len(fewer)) for each in fewer}
    told = max((each for each in fewer if less[each].high < 0), default=0)
    if told == fewer[-1]:
        sentence = f"Draw more images: {told:,} teach {less[told].text} beside all {most:,}."
        return Advice("number", sentence, command({"per_class": -(-2 * most // classes)}))
    enough = min(each for each in fewer if each > told)
    sentence = f"Draw {enough:,} images: that they teach less than all {most:,} {NOISE}, {less[enough].text}."
    if told:
        sentence += f" {told:,} teach less, {less[told].text}."
    return Advice("number", sentence, command({"per_class": -(-enough // classes)}))


def advise_classes(
    whole: np.ndarray, without: Mapping[int, np.ndarray], class_names: Sequence[str], *, command: Command
) -> Advice:
    """Which classes gain by their synthetic images.

    `whole` bool [S, N] are the right answers where real and all synthetic images taught, `without` the same by class
    where its synthetic images were left out.
    """
    found = {label: difference(whole, right, comparisons=len(without)) for label, right in without.items()}
    ordered = sorted(found, key=lambda label: -found[label].value)
    told = [label for label in ordered if found[label].is_told]
    if not told:
        first = max(found, key=lambda label: abs(found[label].value))
        return Advice(
            "classes",
            f"That the synthetic images of any class change what they teach together with the real ones {NOISE}; the "
            f"largest change is that by {class_names[first]}, {found[first].text}.",
        )
    said = "; ".join(f"{class_names[label]} {found[label].text}" for label in told)
    others = "" if len(told) == len(found) else f" That other classes change anything {NOISE}."
    sentence = f"The synthetic images of a class change what all teach together with the real ones: {said}.{others}"
    harmful = {str(label): 0 for label in told if found[label].value < 0}
    return Advice("classes", sentence, command({"counts": harmful}) if harmful else "")


def advise_epoch(right: Mapping[int, np.ndarray], own: int, *, command: Callable[[int], str], sweep: str) -> Advice:
    """After which epoch a training should end, from right answers bool [S, N] by the epochs of runs alike but for them.

    A run keeps the networks after the last of its `own` epochs alone, so others stand for the rest; without them, it is
    said what it takes. The intervals hold for all pairs of runs together, as it is the best that is compared.
    `command` trains with so many epochs, `sweep` compares shorter and longer trainings.
    """
    if len(right) < 2:
        unknown = (
            f"Which epoch taught best is not known: a run keeps the networks after the last of its {own:,} alone. "
            "Shorter and longer trainings compared on validation images would say it; then ask for advice again."
        )
        return Advice("epoch", unknown, sweep, answered=False)
    best = max(right, key=lambda epochs: float(right[epochs].mean()))
    pairs = math.comb(len(right), 2)
    less = {each: difference(right[each], right[best], comparisons=pairs) for each in sorted(right) if each != best}
    said = "; ".join(f"{each:,} teach {less[each].text}{_doubt(less[each])}" for each in less)
    sentence = f"Of trainings that differ in their epochs alone, that of {best:,} taught best: {said}."
    if best != own:
        return Advice("epoch", sentence, command(best) if less[own].is_told else "")
    if best == max(right) and any(each.is_told for each in less.values()):
        return Advice("epoch", f"{sentence} A longer one was not tried.", sweep)
    return Advice("epoch", sentence)


def _doubt(found: Difference) -> str:
    return "" if found.is_told else f", which {NOISE}"


def advise_size(copies: Verdict, copied: str, *, images: int, command: str) -> Advice:
    """Whether the real set is too small for the generator, by the share of copies that an audit found."""
    if copies == "fails":
        sentence = f"The {images:,} real images are too few for this generator: {copied} of its images are copies."
        return Advice("size", sentence, command)
    sentence = f"That {images:,} real images are too few for this generator {NOISE}: {copied} of its images are copies."
    return Advice("size", sentence, "" if copies == "passes" else command)
