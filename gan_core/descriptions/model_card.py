"""The card of a generator in a repository of models: what it draws, what it is worth, and how to load it."""

from __future__ import annotations

from gan_core.descriptions.dataset_card import TEMPLATES
from gan_core.gan.generator_card import GeneratorCard
from gan_core.installed_package import NAME


def format_model_card(card: GeneratorCard, *, place: str, headline: str, pictures: bool) -> str:
    """The text of README.md, with a head as the Hugging Face hub wants it; an empty `headline` was not measured."""
    from huggingface_hub import ModelCard, ModelCardData

    head = ModelCardData(
        license="unknown",
        library_name=NAME,
        pipeline_tag="unconditional-image-generation",
        tags=["synthetic", "gan"],
    ).to_yaml(line_break="\n")
    text = TEMPLATES.get_template("model_card.md.jinja").render(
        card=card, place=place, headline=headline, pictures=pictures, package=NAME
    )
    return str(ModelCard(f"---\n{head}\n---\n\n{text}"))
