"""Splits in which each file is a picture."""

from collections.abc import Iterator

from gan_core.files import Place, name_below
from gan_core.sources.found import Part, Picture
from gan_core.sources.listing import show_name, unreadable


def read_files(root: Place, part: Part) -> Iterator[Picture]:
    """The picture in each file, with its label; BadInput for a file that may not be read."""
    for path, label in zip(part.files, part.labels or (), strict=True):
        yield Picture(show_name(name_below(root, path)), label, read_bytes(path))


def read_bytes(path: Place) -> bytes:
    """What is in a file; BadInput if it may not be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(error, path) from error
