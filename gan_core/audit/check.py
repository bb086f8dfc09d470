"""A check of the audit: a question, its answer with figures, and what the check would have noticed."""

from dataclasses import dataclass
from typing import Literal

from gan_core.measures.measure import Aspect, Figure

Verdict = Literal["passes", "fails", "cannot tell"]
ACCUSED_ALREADY = (
    "No fault was planted among the set's own images, as the check accuses these already: it would have proved nothing."
)


@dataclass(frozen=True)
class Control:
    """A fault that the audit planted itself, or an honest set, and whether the check told it rightly."""

    name: str  # as `a tenth of the training images, shifted`
    honest: bool  # whether nothing is wrong with it, so that the check must pass
    accused: bool  # what the check said
    figure: Figure

    @property
    def told(self) -> bool:
        """Whether the check was right."""
        return self.accused != self.honest


@dataclass(frozen=True)
class Check:
    """One question and its answer."""

    name: str  # as `copies`
    title: str
    aspect: Aspect
    verdict: Verdict
    sentence: str  # what was found, never that a set is private or safe
    figures: tuple[Figure, ...]  # the headline's first
    controls: tuple[Control, ...] = ()
    passes_where: str = ""  # what would be good, a sentence with the bounds
    unplanted: str = ""  # why no fault was planted in the set, a sentence, if none was
