"""The private teacher of a run, who says what its synthetic images show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from gan_core.files import load_arrays
from tasks.runs.run_folder import Run


@dataclass(frozen=True)
class PrivateTeacher:
    """It may label whatever is to leave: it learned by noisy readings that the ledger lists."""

    run: Run

    def believer(self) -> Callable[[np.ndarray], np.ndarray]:
        """What it believes of images, as a function of these."""
        from gan_core.privacy.private_teacher import Teacher, beliefs

        return partial(beliefs, Teacher.from_arrays(load_arrays(self.run.private_teacher)))
