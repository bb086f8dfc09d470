"""The names of classes that somebody, or an export of ours, has put beside the pictures."""

import json
from typing import Any

from gan_core.files import Place
from gan_core.parsing.text_lines import read_lines
from gan_core.sources.found_pictures import Found
from gan_core.sources.listing import Listing

FILES = ("classes.txt", "classnames.txt")  # a name on each line
MANIFEST = "manifest.json"  # of an export, in whose folder the formats have a folder each


def read_class_names(listing: Listing, found: Found) -> tuple[str, ...] | None:
    """The lines of classes.txt, else what an export's manifest says, else what the format knows, which may be nothing.

    Names beside pictures do not stand in for those that are written in the format itself.
    """
    beside = listing.beside(*FILES)
    if beside and (found.class_names is None or found.format == "idx"):
        return tuple(read_lines(beside))
    return _exported(found.root, found.format) or found.class_names


def exported_formats(folder: Place) -> tuple[str, ...]:
    """The formats of the export that the folder is, each of which has a folder there; none if it is no export."""
    return tuple(map(str, _manifest(folder).get("formats", ())))


def _exported(root: Place, format: str) -> tuple[str, ...] | None:
    """The class names in the manifest of the export that the folder is a format of."""
    places: tuple[Place, ...] = (root, root.parent, root.parent.parent)
    for folder in places:
        if folder.name == format and (manifest := _manifest(folder.parent)):
            return tuple(map(str, manifest["class_names"]))
    return None


def _manifest(folder: Place) -> dict[str, Any]:
    """The manifest of an export of ours in the folder; empty if there is none."""
    try:
        found = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and found.keys() >= {"dataset_id", "class_names", "formats"} else {}
