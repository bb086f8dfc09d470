"""The classifier that real images taught: it looks at generated ones, labels them and casts doubt on them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gan_core.config import ClassifierSettings
from tasks.examination.examine import taught_classifier

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Judge:
    """What that classifier is taught by and how: the final examination teaches it anyway, one from each seed."""

    teaching: Path  # real training images
    settings: ClassifierSettings
    memory: Path  # where taught classifiers are kept

    def recall(self) -> keras.Model:
        """The classifier of the first seed, taught now unless it is in memory."""
        return self._taught(self.settings.seeds[0])

    def recall_all(self) -> list[keras.Model]:
        """The classifiers of all seeds, likewise."""
        return list(map(self._taught, self.settings.seeds))

    def _taught(self, seed: int) -> keras.Model:
        return taught_classifier([self.teaching], self.settings, seed, self.memory)[0]
