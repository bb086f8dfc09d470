"""The errand of asking several classifiers about a set: what it teaches each of them, and how each sees its labels."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gan_core.audit.opinions import Opinion, require_classifiers
from gan_core.config import ClassifierSettings
from gan_core.files import Place
from tasks.data.normalize import RealSets
from tasks.examination.examine import examine
from tasks.examination.teacher import Teacher
from tasks.places import classifier_cache

if TYPE_CHECKING:
    from gan_core.classifiers.variation import Variation

logger = logging.getLogger("synthetic_data.examine")


def ask_classifiers(
    real: RealSets, synthetic: Place, deciding: ClassifierSettings, names: Sequence[str]
) -> list[Opinion]:
    """What each classifier says of the set: the deciding one first, named or not, then the others, taught alike.

    What was taught before is found in the cache, so that a killed audit goes on.
    """
    asked = require_classifiers([deciding.name, *names])
    variation = Teacher(real.train, deciding).choose_variation(real.validation)  # one free rival for all
    opinions = []
    for number, name in enumerate(asked, 1):
        logger.info("Classifier %d of %d, %s", number, len(asked), name)
        opinions.append(_ask(real, synthetic, deciding.model_copy(update={"name": name}), variation))
    return opinions


def _ask(real: RealSets, synthetic: Place, classifier: ClassifierSettings, variation: Variation) -> Opinion:
    """TRTR, the free rival, TSTR and both, on the real test images; then TRTS."""
    teacher, cache = Teacher(real.train, classifier), classifier_cache()
    return Opinion(
        (
            teacher.examine(on=real.test),
            teacher.examine_augmented(on=real.test, variation=variation),
            examine("synthetic", [synthetic], on=real.test, classifier=classifier, cache=cache),
            examine("both", [real.train, synthetic], on=real.test, classifier=classifier, cache=cache),
        ),
        teacher.examine(on=synthetic),
    )
