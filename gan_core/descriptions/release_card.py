"""The README of what may leave of a private run, and the promise that stands on it."""

from collections.abc import Mapping

from gan_core.descriptions.dataset_card import TEMPLATES
from gan_core.gan.generator_card import GeneratorCard
from gan_core.privacy.ledger import Ledger, describe_guarantee


def format_release_card(card: GeneratorCard, ledger: Ledger, images: int, files: Mapping[str, str]) -> str:
    """The text of README.md; `files` has what each file is by its name."""
    return TEMPLATES.get_template("release_card.md.jinja").render(
        card=card, ledger=ledger, guarantee=describe_guarantee(ledger), images=images, files=files
    )
