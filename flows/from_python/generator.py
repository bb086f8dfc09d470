"""A trained generator as a value, which draws labelled images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING

from flows.from_python.settings import as_place, as_text
from flows.from_python.surroundings import calling

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Generator:
    """What draws labelled images of these classes."""

    file: str  # a path or URL
    class_names: tuple[str, ...]
    shape: tuple[int, int, int]  # height, width and channels of an image

    def draw(
        self, per_class: int = 100, *, counts: Mapping[int, int] | None = None, seed: int = 0, latent_std: float = 1.0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw images uint8 [N, height, width, channels] and their labels uint8 [N], the numbers of `class_names`.

        `counts` has the images of single classes by their number, where they differ. The images are those that
        `export` writes as training images, by the same seed. Raises BadInput for what cannot be drawn.
        """
        with calling():
            from gan_core.config import ExportSettings
            from gan_core.files import located
            from tasks.export.draw_images import draw_images

            wanted = {"per_class": per_class, "counts": as_text(counts or {}), "seed": seed, "latent_std": latent_std}
            return draw_images(located(self.file), ExportSettings.model_validate(wanted))


def load(place: str | PathLike[str]) -> Generator:
    """The generator of a run or version, by its folder, its file, or a URL; BadInput where there is none."""
    with calling():
        from gan_core.files import located, require_reachable
        from gan_core.gan.generator_card import read_card
        from tasks.export.check_export import find_weights

        _, weights = find_weights(require_reachable(located(as_place(place, "the generator"))))
        card = read_card(weights)
        return Generator(str(weights), card.class_names, (card.shape.height, card.shape.width, card.shape.channels))
