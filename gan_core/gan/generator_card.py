"""What a generator's file says of itself, read without the networks and without TensorFlow."""

import zipfile
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator, ValidationError, model_validator

from gan_core.config import STORED, GanSettings, Settings
from gan_core.errors import BadInput
from gan_core.files import Place, is_local
from gan_core.images.shape import ImageShape
from gan_core.privacy.ledger import Ledger, read_ledger

Kept = Annotated[Ledger, BeforeValidator(read_ledger)]
NAME = "generator.npz"  # of a generator's file among those of a run or a version


class GeneratorCard(Settings):
    """What must be known of a generator to draw from it."""

    gan: GanSettings
    shape: ImageShape
    class_names: tuple[str, ...]
    data_digest: str  # of the real images; empty where these are private, as it would confirm a guess
    seed: int
    class_images: tuple[int, ...] = ()  # how many there were to learn from, by class; empty where that was not kept
    privacy: Kept | None = None  # what was read of the training images; None where nothing is promised

    @model_validator(mode="before")
    @classmethod
    def _take_side(cls, values: Any) -> Any:
        """The card of a generator from when all images were grey and square, which named their side alone."""
        if not isinstance(values, dict) or "side" not in values:
            return values
        side = values["side"]
        return {name: value for name, value in values.items() if name != "side"} | {"shape": (side, side, 1)}


def read_card(path: Place) -> GeneratorCard:
    """The card in a generator's file, all of whose bytes are looked at; BadInput if it cannot be read or is damaged."""
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            if damaged := archive.testzip():
                raise zipfile.BadZipFile(f"{damaged} is damaged")
            file.seek(0)
            with np.load(file, allow_pickle=False) as arrays:
                return GeneratorCard.model_validate_json(str(arrays["card"]), context=STORED)
    except (EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        fault, remedy = _fault(error), "train one again"
        if beside := _generator_near(path):
            fault, remedy = "which is another file of it", f"name {beside}"
        raise BadInput(f"Expected a generator's file, got {path}, {fault}; {remedy}.") from error
    except Exception as error:
        if is_local(path) and not isinstance(error, OSError):  # a store's library raises what it likes
            raise
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise BadInput(f"Expected to read the generator {path}, got “{reason}”; see to it and try again.") from error


def _generator_near(path: Place) -> Place | None:
    """The generator of the run or version that another file here is part of, if there is one."""
    if not is_local(path):
        return None
    places = (path.with_name(NAME), path.parent / "generator" / NAME)
    return next((place for place in places if place != path and place.is_file()), None)


def _fault(error: Exception) -> str:
    """What is wrong with a file that could be read."""
    if isinstance(error, ValidationError):
        fields = ", ".join(".".join(map(str, found["loc"])) or found["type"] for found in error.errors())
        return f"whose card another version of this program wrote ({fields})"
    return "which is none or is damaged"
