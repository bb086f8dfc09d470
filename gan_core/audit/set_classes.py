"""What is asked of a set before it is audited: the classes of the real images, whatever it calls them, and images."""

from collections.abc import Iterable, Sequence

from gan_core.errors import BadInput, show_names
from gan_core.exports.class_folders import folder_names
from gan_core.measures.diversity import NEIGHBOURS
from gan_core.sources.class_numbers import Classes, as_number, number_classes
from gan_core.sources.found_pictures import Label

LEAST_IMAGES = NEIGHBOURS + 1  # or no image has its neighbours


def match_classes(
    labels: Iterable[Label], names: tuple[str, ...] | None, place: object, *, real: Sequence[str]
) -> Classes:
    """The `real` classes that labels stand for: by their name, else by that of an export's folder, else by number.

    `names` are those that the set gives its own numbers, so that its classes may stand in any order. Classes of which
    it has no image are none of its faults here. Raises BadInput where a class is not among the real ones.
    """
    called = _call_labels(set(labels), names, place)
    found = sorted(set(called.values()), key=lambda name: (as_number(name) is None, as_number(name) or 0, name))
    numbered = f"its classes are numbers and stand for the {len(real)} real ones in their order"
    for known, remark in (
        (list(real), ""),
        (folder_names(real), ""),
        (list(map(str, range(len(real)))), numbered),
    ):
        if set(found) <= set(known):
            return Classes(tuple(real), {label: known.index(name) for label, name in called.items()}, remark)
    raise BadInput(
        f"Expected classes among {show_names(list(real))} in {place}, got {show_names(found)}; "
        "name the real images that it imitates by --real, or correct the names of its classes."
    )


def require_enough_images(images: int, place: object) -> None:
    """Raise BadInput for a set of too few images to say anything about."""
    if images < LEAST_IMAGES:
        raise BadInput(
            f"Expected at least {LEAST_IMAGES} images in {place}, since variety is measured by the {NEIGHBOURS} "
            f"neighbours of each, got {images}; make more of them, or name the folder that has them."
        )


def _call_labels(labels: set[Label], names: tuple[str, ...] | None, place: object) -> dict[Label, str]:
    """What each label is called."""
    if names is None or labels <= set(names):
        return {label: str(label) for label in labels}
    numbers = number_classes(labels, names, place).numbers
    return {label: names[numbers[label]] for label in labels}
