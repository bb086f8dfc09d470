"""The errand behind all the others here: teach by parts of sets, ask about real images, and cache the answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gan_core.config import ClassifierSettings
from gan_core.files import Place, is_whole, load_arrays, save_arrays, sha256
from gan_core.images.labelled_images import LabelledImages, concatenate
from gan_core.provenance import TEACHING, digest, program_digest
from tasks.places import cache_home
from tasks.progress import progress

if TYPE_CHECKING:
    from gan_core.classifiers.variation import Variation


@dataclass(frozen=True)
class ImageFile:
    """A file of labelled images, read once and only if it is needed."""

    place: Place

    @cached_property
    def images(self) -> LabelledImages:
        return LabelledImages.load(self.place)

    @property
    def whole(self) -> tuple[ImageFile, np.ndarray]:
        """The file with the indices of all its images."""
        return self, np.arange(len(self.images))

    @cached_property
    def digest(self) -> str:
        return sha256(self.place)


@dataclass(frozen=True, eq=False)
class Lesson:
    """What one classifier learns from: parts of files, each image once, with the seed that it begins from."""

    parts: tuple[tuple[ImageFile, np.ndarray], ...]  # with the indices of the images
    seed: int
    variation: Variation | None = None  # how the images change each time that they are shown

    def identity(self) -> str:
        """A digest of the images and the seed."""
        varied = asdict(self.variation) if self.variation else None
        files = [(file.digest, digest_indices(indices)) for file, indices in self.parts]
        return digest(self.seed, varied, files)


def answers_cache() -> Path:
    """What taught classifiers answered, by the digest of all that shaped it."""
    return cache_home() / "answers"


@dataclass(frozen=True)
class Classroom:
    """Teaches classifiers of one kind, a lesson each, and asks them about the same real images."""

    settings: ClassifierSettings
    questions: Mapping[str, ImageFile]

    def recognised(self, courses: Sequence[Sequence[Lesson]], description: str) -> dict[str, np.ndarray]:
        """Which images the classifiers of each course recognise, bool [courses, S, N] by the names of the questions.

        A course has a lesson for each seed. Each is taught once: a killed errand goes on after the last that was
        learned.
        """
        steps = sum(map(len, courses)) * self.settings.steps
        with progress(description, "worth", max(1, steps)) as advance:
            right = [[self._right(lesson, advance) for lesson in course] for course in courses]
        found = {}
        for name, file in self.questions.items():
            shape = len(courses), len(self.settings.seeds), len(file.images)
            found[name] = np.array([[each[name] for each in course] for course in right], bool).reshape(shape)
        return found

    def count_known(self, courses: Sequence[Sequence[Lesson]]) -> int:
        """How many of the lessons were learned before."""
        return sum(is_whole(self._answers(lesson)) for course in courses for lesson in course)

    def _answers(self, lesson: Lesson) -> Path:
        """Where the answers of the classifier are that learns this lesson."""
        return answers_cache() / f"{self._identity(lesson)}.npz"

    def _right(self, lesson: Lesson, advance: Callable[[int], None]) -> dict[str, np.ndarray]:
        cached = self._answers(lesson)
        if is_whole(cached):
            advance(self.settings.steps)
        else:
            save_arrays(cached, self._answer(lesson, advance))
        answers = load_arrays(cached)
        return {name: answers[name] == file.images.labels for name, file in self.questions.items()}

    def _answer(self, lesson: Lesson, advance: Callable[[int], None]) -> dict[str, np.ndarray]:
        from gan_core.classifiers.classifier import answer, teach

        images = concatenate([file.images.take(indices) for file, indices in lesson.parts])
        classifier = teach(self.settings, images, lesson.seed, advance, variation=lesson.variation)
        return {name: answer(classifier, file.images.images) for name, file in self.questions.items()}

    def _identity(self, lesson: Lesson) -> str:
        """Digest of all that shapes the answers."""
        recipe = self.settings.model_copy(update={"seeds": (lesson.seed,)}).digest()
        asked = {name: file.digest for name, file in self.questions.items()}
        return digest(recipe, self.program, lesson.identity(), asked)

    @cached_property
    def program(self) -> str:
        """The digest of what teaches and answers."""
        return program_digest(TEACHING)


def digest_indices(indices: np.ndarray) -> str:
    """SHA-256 of which images of a file are meant, in their order."""
    return hashlib.sha256(indices.astype("<i8").tobytes()).hexdigest()
