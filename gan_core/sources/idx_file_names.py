"""Which of the files in a place are the IDX files of one set, by the names that people give them."""

import re
from pathlib import PurePosixPath
from typing import cast

from gan_core.errors import BadInput, show_names
from gan_core.files import Place
from gan_core.sources.found_pictures import Split
from gan_core.sources.listing import Listing
from gan_core.sources.split_names import split_of

PREFIX = {"train": "train", "test": "t10k"}
KINDS = ("images", "labels")
RANK = {"images": 3, "labels": 1}  # dimensions
ALIAS = re.compile(
    r"(?:(?P<set>.+)[-_.])?(?P<split>train|training|t10k|test|testing|val|valid|validation)[-_.]"
    r"(?P<kind>images|labels)[-_.]idx(?P<dimensions>[1234])[-_.](?:ubyte|byte|short|int)(?:\.gz)?",
    re.IGNORECASE,
)
STANDARD = re.compile(r"(?:train|t10k)-(?:images-idx3|labels-idx1)-ubyte\.gz")
PLACES = ("", "raw", "[^/]+/raw", "[^/]+", ".+")


class IncompleteSource(BadInput):
    """A source lacks a file, or has those of several sets."""


def meaning_of(name: str) -> tuple[Split, str] | None:
    """What a name such as train-images.idx3-ubyte or test-labels-idx1-ubyte.gz stands for, if anything."""
    found = ALIAS.fullmatch(PurePosixPath(name).name)
    if not found or (found["kind"].lower() == "images") != (found["dimensions"] in "34"):
        return None
    return split_of(found["split"]) or "train", found["kind"].lower()


def set_of(name: str) -> str:
    """Which of several sets in one folder a file is of, as in emnist-letters-train-images-idx3-ubyte.gz."""
    found = ALIAS.fullmatch(PurePosixPath(name).name)
    return ((found and found["set"]) or "").lower()


def find_set(listing: Listing, named: str | None) -> tuple[str, dict[tuple[Split, str], str]]:
    """The folder and the files of the one set that there is, or of which a file was named; no files without any."""
    meant = [name for name in sorted({*listing.names, *listing.leading_out}) if meaning_of(name)]
    if named:
        meant = [name for name in meant if folder_of(name) == "" and set_of(name) == set_of(named)]
    folder = _chosen_folder(listing, {folder_of(name) for name in meant})
    within = [name for name in meant if folder_of(name) == folder]
    _require_one_set(listing.root / folder, within)
    candidates: dict[tuple[Split, str], list[str]] = {}
    for name in within:
        candidates.setdefault(cast(tuple[Split, str], meaning_of(name)), []).append(name)
    files = {meaning: _chosen(listing.root, names) for meaning, names in candidates.items()}
    wanted = [("train", kind) for kind in KINDS] + [(split, kind) for split, _ in files for kind in KINDS]
    if files and (missing := sorted({meaning for meaning in wanted if meaning not in files}, reverse=True)):
        names = ", ".join(f"{PREFIX.get(split, split)}-{kind}-idx{RANK[kind]}-ubyte.gz" for split, kind in missing)
        raise IncompleteSource(
            f"Expected the files {names} in {listing.root / folder}, got {show_names([*map(base_of, within)])}; "
            "add them or correct the names."
        )
    return folder, files


def folder_of(name: str) -> str:
    return name.rpartition("/")[0]


def base_of(name: str) -> str:
    return name.rpartition("/")[2]


def _chosen_folder(listing: Listing, folders: set[str]) -> str:
    """The folder of the set: the source itself, or where torchvision and others unpack it, or any other one."""
    for pattern in PLACES:
        if len(found := sorted(folder for folder in folders if re.fullmatch(pattern, folder))) > 1:
            raise IncompleteSource(
                f"Expected one set of images in {listing.root}, got {show_names(found)}; name one of these folders."
            )
        if found:
            return found[0]
    return ""


def _require_one_set(folder: Place, names: list[str]) -> None:
    """Raise IncompleteSource unless all files in a folder are of one set."""
    sets = sorted({set_of(name) for name in names})
    complete = [
        each for each in sets if len({meaning_of(name) for name in names if set_of(name) == each}) >= len(KINDS)
    ]
    if len(complete) > 1 and len({meaning_of(name) for name in names}) * len(complete) <= len(names):
        raise IncompleteSource(
            f"Expected one set of images in {folder}, got {show_names(complete)}; name a file of one of them, such as "
            f"{base_of(next(name for name in names if set_of(name) == complete[0]))}."
        )
    if len(sets) > 1:
        raise IncompleteSource(
            f"Expected four files of one set in {folder}, got {show_names([*map(base_of, names)])}; "
            "put those of one set in a folder of their own."
        )


def _chosen(root: Place, names: list[str]) -> str:
    """The only one of these, or the only compressed one of the same name, or the one with the standard name."""
    standard = [name for name in names if STANDARD.fullmatch(base_of(name))]
    compressed = [name for name in names if name.lower().endswith(".gz")]
    same = len({name.lower().removesuffix(".gz") for name in names}) == 1
    best = standard or (same and compressed) or names
    if len(best) > 1:
        raise IncompleteSource(
            f"Expected one file of each kind in {root / folder_of(best[0])}, got {' and '.join(map(base_of, best))}; "
            "leave one of them there."
        )
    return best[0]
