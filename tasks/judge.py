"""The classifier that real images taught: it looks at generated ones, labels them and casts doubt on them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gan_core.config import ClassifierSettings
from tasks.examine import taught_classifier

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Judge:
    """What that classifier is taught by and how; it is the first of those that the final examination teaches anyway."""

    teaching: Path  # real training images
    settings: ClassifierSettings
    memory: Path  # where taught classifiers are kept

    def recall(self) -> keras.Model:
        """The classifier, taught now unless it is in memory."""
        return taught_classifier([self.teaching], self.settings, self.settings.seeds[0], self.memory)[0]
