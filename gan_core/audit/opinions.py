"""What several classifiers say of a set: the first decides, the others show how far the answer depends on it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import get_args

from gan_core.config import ClassifierSettings
from gan_core.errors import BadInput
from gan_core.measures.measure import Figure
from gan_core.measures.tstr import Examination, measure_examination, measure_fidelity

CLASSIFIERS: tuple[str, ...] = get_args(ClassifierSettings.model_fields["name"].annotation)
LIGHT = ("mlp", "logistic-regression")  # those that are taught within a minute


@dataclass(frozen=True)
class Opinion:
    """What one classifier says of a synthetic set."""

    examinations: tuple[Examination, ...]  # of what each teaching set taught it, on real images
    trts: Examination  # of what the real images taught it, on the synthetic ones

    @property
    def classifier(self) -> str:
        return self.trts.classifier


def measure_opinions(opinions: Sequence[Opinion], class_names: Sequence[str]) -> list[Figure]:
    """The figures of all classifiers; those of the first are `of` a teaching set, as `synthetic`, those of the others
    of the set and the classifier, as `synthetic, mlp`."""
    deciding, *others = [_measure(each, class_names) for each in opinions]
    return [*deciding, *(replace(each, of=f"{each.of}, {each.classifier}") for figures in others for each in figures)]


def _measure(opinion: Opinion, class_names: Sequence[str]) -> list[Figure]:
    taught = [figure for each in opinion.examinations for figure in measure_examination(each, class_names)]
    return [*taught, *measure_fidelity(opinion.trts, class_names)]


def require_classifiers(names: Sequence[str]) -> tuple[str, ...]:
    """The names, each once, or all for `all`; BadInput for none, and for one that no classifier has."""
    if tuple(names) == ("all",):
        return CLASSIFIERS
    if not names or not set(names) <= set(CLASSIFIERS):
        raise BadInput(
            f"Expected classifiers of {', '.join(CLASSIFIERS)}, got {', '.join(names) or 'none'}; name some of them, "
            "or all."
        )
    return tuple(dict.fromkeys(names))
