"""The errand of the only readings that a private run takes of its training images: a release and a teacher's steps.

Each is charged to the run's ledger, and the ledger kept, before its noisy sum is known: a run that goes on reads
nothing twice, and a reading that was killed counts as taken.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from gan_core.config import PrivacySettings
from gan_core.errors import BadInput
from gan_core.files import is_local, load_arrays, save_arrays
from gan_core.images.labelled_images import LabelledImages
from gan_core.privacy.accounting import sigma_for
from gan_core.privacy.ledger import Ledger
from gan_core.privacy.reader import Reader
from tasks.progress import progress
from tasks.runs.run_folder import Run

if TYPE_CHECKING:
    from gan_core.privacy.mean_embedding import Release
    from gan_core.privacy.private_teacher import Teacher
    from gan_core.privacy.recipe import Recipe

SCRATCH = ".features-"

logger = logging.getLogger("synthetic_data.privacy")


@dataclass(frozen=True)
class Readings:
    """All that a private generator gets to know of its training images."""

    released: Release
    teacher: Teacher
    ledger: Ledger


def read_privately(real: LabelledImages, privacy: PrivacySettings, recipe: Recipe, run: Run) -> Readings:
    """What the run, which has begun a ledger, has read of its training images; what it has not read yet is read now.

    Raises BadInput where a file is gone that only another reading could bring back.
    """
    read = Reader(Ledger.load(run.ledger), _keeper(run))
    _require_kept(run, read.ledger)
    if not _is_read(run, read.ledger, recipe):
        logger.info("Reading, with noise, the mean of each class once and %d gradients", recipe.teacher.steps)
        with _features(real, run) as features:
            released = _release(features, real, privacy, recipe, run, read)
            _teach(released, features, real, recipe, run, read)
    spent = read.ledger
    logger.info("Spent epsilon %.4g of %g at delta %g", spent.epsilon, spent.budget, spent.delta)
    return Readings(_released(run), _taught(run), spent)


def _require_kept(run: Run, ledger: Ledger) -> None:
    """Raise BadInput where what was read, or the ledger of it, is gone: to read it again would cost the budget again.

    The first gradient may have been killed before there was a teacher to keep.
    """
    from gan_core.privacy.mean_embedding import MEANS
    from gan_core.privacy.private_teacher import GRADIENT

    read = {run.means: ledger.count(MEANS) > 0, run.private_teacher: ledger.count(GRADIENT) > 1}
    gone = [file for file, known in read.items() if known and not file.exists()]
    if not ledger.readings and any(file.exists() for file in read):
        gone = [run.ledger]
    if gone:
        raise BadInput(run.describe_lost(gone[0]))


def _keeper(run: Run) -> Callable[[Ledger], None]:
    def keep(ledger: Ledger) -> None:
        ledger.save(run.ledger)
        run.send(run.ledger)

    return keep


def _is_read(run: Run, ledger: Ledger, recipe: Recipe) -> bool:
    """Whether nothing is left to read."""
    from gan_core.privacy.private_teacher import GRADIENT

    return run.means.exists() and run.private_teacher.exists() and ledger.count(GRADIENT) >= recipe.teacher.steps


def _released(run: Run) -> Release:
    from gan_core.privacy.mean_embedding import Release

    return Release.from_arrays(load_arrays(run.means))


def _taught(run: Run) -> Teacher:
    from gan_core.privacy.private_teacher import Teacher

    return Teacher.from_arrays(load_arrays(run.private_teacher))


@contextmanager
def _features(real: LabelledImages, run: Run) -> Iterator[np.ndarray]:
    """The features of all training images, in a file that is gone afterwards."""
    from gan_core.privacy.scattering import count_features, read_features

    shape = len(real), count_features(real.shape)
    if is_local(run.folder):
        for left in Path(run.folder).glob(f"{SCRATCH}*"):  # by a run that was killed
            shutil.rmtree(left)
    with TemporaryDirectory(prefix=SCRATCH, dir=run.folder if is_local(run.folder) else None) as scratch:
        file = np.lib.format.open_memmap(Path(scratch, "features.npy"), "w+", np.float32, shape)
        with progress("Looking at the images", "features", len(real)) as advance:
            yield read_features(real.images, file, advance)


def _release(
    features: np.ndarray, real: LabelledImages, privacy: PrivacySettings, recipe: Recipe, run: Run, read: Reader
) -> Release:
    """The noisy means of the classes, by one reading."""
    from gan_core.privacy.mean_embedding import release

    if not run.means.exists():
        sigma = sigma_for(read.ledger.budget, read.ledger.delta, share=recipe.release_share)
        counts = _counts(privacy, real.class_names)
        released = release(features, real, recipe.embedding, sigma=sigma, read=read, counts=counts)
        save_arrays(run.means, released.to_arrays())
        run.send(run.means)
    return _released(run)


def _counts(privacy: PrivacySettings, class_names: Sequence[str]) -> np.ndarray | None:
    """The images of each class as the owner gave them, if so."""
    if not privacy.class_images:
        return None
    return np.array([privacy.class_images[str(number)] for number in range(len(class_names))], np.float64)


def _teach(
    released: Release, features: np.ndarray, real: LabelledImages, recipe: Recipe, run: Run, read: Reader
) -> None:
    """Teach the private teacher, who is kept after each of its steps."""
    from gan_core.privacy.private_teacher import GRADIENT, begin, learn

    settings = recipe.teacher
    sigma = sigma_for(read.ledger.budget, read.ledger.delta, share=1 - recipe.release_share, readings=settings.steps)
    centre = recipe.embedding.find_centre(released, features.shape[1])
    begun = _taught(run) if run.private_teacher.exists() else begin(settings, centre, classes=len(released.means))
    taken = read.ledger.count(GRADIENT)
    steps = learn(begun, features, real.labels, sigma=sigma, settings=settings, read=read, taken=taken)
    with progress("Teaching privately", "private-teacher", settings.steps, taken) as advance:
        for teacher in steps:
            save_arrays(run.private_teacher, teacher.to_arrays())
            run.send(run.private_teacher)
            advance(1)
