"""The page of what may leave of a private run: no real image and no figure of one is on it."""

from collections.abc import Mapping

import numpy as np

from gan_core.gan.generator_card import GeneratorCard
from gan_core.images.labelled_images import LabelledImages
from gan_core.pages.html_page import TEMPLATES, embed_png
from gan_core.privacy.accounting import find_epsilon
from gan_core.privacy.ledger import Ledger, describe_guarantee
from gan_core.reports.pictures import encode_png, grid

COLUMNS = 12  # images of each class


def render(card: GeneratorCard, ledger: Ledger, drawn: LabelledImages, files: Mapping[str, str]) -> str:
    """The page; `files` has what each file of the release is by its name."""
    return TEMPLATES.get_template("release_page.html.jinja").render(
        card=card,
        ledger=ledger,
        guarantee=describe_guarantee(ledger),
        readings=[(reading, find_epsilon(reading.mu, ledger.delta)) for reading in ledger.readings],
        images=len(drawn),
        pictures=embed_png(encode_png(grid(_by_class(drawn), COLUMNS))),
        files=files,
    )


def _by_class(drawn: LabelledImages) -> np.ndarray:
    """The first images of each class that was drawn, over again where they are few."""
    places = [np.flatnonzero(drawn.labels == label) for label in np.unique(drawn.labels)]
    return drawn.images[np.concatenate([np.resize(each, COLUMNS) for each in places])]
