"""All that was found in a source."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from gan_core.images.fit import Size
from gan_core.inspection.collection import Collection
from gan_core.inspection.doubtful_labels import Doubt
from gan_core.inspection.duplicates import Near
from gan_core.inspection.forecast import Forecast

Kind = Literal["equal", "near"]


class Copy(NamedTuple):
    """Two pictures that are one."""

    kind: Kind
    first: int
    second: int
    distance: float


@dataclass(frozen=True)
class Findings:
    """What a source holds, and what is probably wrong with it."""

    source: str
    lines: list[str]  # what was understood
    warnings: list[str]  # what is probably not meant, and what a run would refuse
    plan: list[str]  # what a run would do
    collection: Collection
    sizes: Counter[Size]
    modes: Counter[str]
    unreadable: list[str]  # name and reason
    equal: list[list[int]]  # groups of equal pictures
    near: list[Near]
    doubts: list[Doubt] | None  # of labels; None if nobody looked
    agreement: float  # share of the labels that the quick classifiers would have given
    forecast: Forecast | None

    @property
    def copies(self) -> list[Copy]:
        """Each picture that is there again, beside the first of its group, and the pairs that are nearly equal."""
        equal = [Copy("equal", group[0], other, 0.0) for group in self.equal for other in group[1:]]
        return [*equal, *(Copy("near", *pair) for pair in self.near)]

    def leaks(self) -> Iterator[Copy]:
        """Pairs of which a run would judge by the second, and learn from or choose by the first."""
        uses = self.collection.uses
        for group in self.equal:
            known = next((number for number in group if uses[number] in ("train", "validation")), None)
            if known is not None:
                yield from (Copy("equal", known, number, 0.0) for number in group if uses[number] == "test")
        for first, second, distance in self.near:
            for known, asked in ((first, second), (second, first)):
                if uses[known] in ("train", "validation") and uses[asked] == "test":
                    yield Copy("near", known, asked, distance)

    def disagreements(self) -> Iterator[Copy]:
        """Copies that have different labels."""
        labels = self.collection.labels
        return (copy for copy in self.copies if labels[copy.first] != labels[copy.second])
