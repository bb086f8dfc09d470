"""The names of classes as names of folders."""

import re
import unicodedata
from collections.abc import Sequence


def folder_names(class_names: Sequence[str]) -> list[str]:
    """A folder name for each class: its number, with as many digits as sort well, and its name in plain letters.

    Loaders sort the names, so that the number comes first; what is left of a name cannot leave its folder.
    """
    digits = len(str(len(class_names) - 1))
    return [f"{number:0{digits}d}_{_plain(name)}".rstrip("_") for number, name in enumerate(class_names)]


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:40]
