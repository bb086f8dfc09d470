"""The classes of labelled pictures: names and numbers for labels that are names, or numbers with gaps."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gan_core.errors import BadInput, show_names
from gan_core.images.requirements import MOST_CLASSES, require_names
from gan_core.sources.found_pictures import Label

NONE = -1  # the label of what has none, by a habit of many


@dataclass(frozen=True)
class Classes:
    """The names of the classes, and the number of the class that each label stands for."""

    names: tuple[str, ...]
    numbers: Mapping[Label, int]
    remark: str = ""  # where labels were not taken as they stood


def number_classes(labels: Iterable[Label], names: tuple[str, ...] | None, place: object) -> Classes:
    """The classes of pictures with these labels; those that occur, by name or number, where no `names` are known.

    Raises BadInput for a label outside of the names, and for fewer than two classes or too many.
    """
    if names is not None:
        require_names(names)
    found = set(labels)
    classes = _occurring(found) if names is None else _named(found, names, place)
    if len(classes.names) < 2:
        raise BadInput(
            f"Expected pictures of two classes or more in {place}, got {show_names(classes.names) or 'none'}; "
            "put those of each class in a folder of its own, or give each picture its label."
        )
    if names is None and len(classes.names) > MOST_CLASSES:
        raise BadInput(
            f"Expected at most {MOST_CLASSES} classes in {place}, got {len(classes.names):,}, the first of them "
            f"{show_names(classes.names, 3)}; leave some out, or check which folder or column has the labels."
        )
    require_names(classes.names)
    return classes


def as_number(label: Label) -> int | None:
    """The number that a label is, also where it is written as text."""
    if isinstance(label, int):
        return label
    return int(label) if label.isascii() and label.removeprefix("-").isdigit() else None


def _occurring(found: set[Label]) -> Classes:
    """The labels that occur, numbers in their order, 2 before 10, else names in theirs."""
    numbers = {label: as_number(label) for label in found}
    if None in numbers.values():
        ordered = sorted(found, key=str)
    else:
        ordered = sorted(found, key=lambda label: (numbers[label] or 0, str(label)))
    remark = "the label -1, which often stands for none, is a class of its own" if NONE in numbers.values() else ""
    return Classes(tuple(map(str, ordered)), {label: number for number, label in enumerate(ordered)}, remark)


def _named(found: set[Label], names: tuple[str, ...], place: object) -> Classes:
    """The named classes; labels are names, or numbers from 0 or else from 1."""
    if found <= set(names):
        return Classes(names, {name: number for number, name in enumerate(names)})
    numbers = {label: as_number(label) for label in found}
    known = {label: number for label, number in numbers.items() if number is not None}
    for first in (0, 1):
        if len(known) == len(found) and all(first <= number < first + len(names) for number in known.values()):
            remark = f"the labels begin with 1 and stand for the {len(names)} names in their order" if first else ""
            return Classes(names, {label: number - first for label, number in known.items()}, remark)
    if len(known) == len(found):
        raise BadInput(
            f"Expected labels from 0 to {len(names) - 1} in {place}, got {min(known.values())} to "
            f"{max(known.values())}; correct them, or list one name for each class in classes.txt."
        )
    strange = sorted(str(label) for label in found - set(names))
    raise BadInput(
        f"Expected labels of {show_names(names)} in {place}, got {show_names(strange)}; "
        "correct them, or list one name for each class in classes.txt."
    )
