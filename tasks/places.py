"""Places on this machine: the cache, and folders that can be written to."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Collection, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from gan_core.errors import BadInput
from gan_core.files import LIMITS, Place, is_local

if TYPE_CHECKING:
    from upath import UPath

TRIAL = ".synthetic-data-"  # how the names begin of what is made and removed again, to see whether it can be made


ROOM = 1 << 16  # bytes, without which a disk counts as full
MANIFEST = "manifest.json"  # of an exported dataset
OURS = {"dataset_id", "files", "formats", "generator_digest"}  # what no other manifest.json says
PAGE_MARK = '<meta name="generator" content="synthetic-data">'  # in each page that this program writes


def cache_home() -> Path:
    """What can be fetched or computed again, and the logs; a relative $XDG_CACHE_HOME counts as none, as XDG has it."""
    named = Path(os.environ.get("XDG_CACHE_HOME", "")).expanduser()
    return (named if named.is_absolute() else Path("~/.cache").expanduser()) / "synthetic-data"


def classifier_cache() -> Path:
    """Taught classifiers, by the digest of all that shaped them."""
    return cache_home() / "classifiers"


def check_cache() -> None:
    """Raise BadInput for a cache that cannot be made or written to."""
    check_folder(cache_home(), "let XDG_CACHE_HOME name another one.")


def check_folder(folder: Place, remedy: str) -> None:
    """Raise BadInput, with what to do, for a folder, here or at a URL, that cannot be made or written to."""
    if is_local(folder):
        folder = Path(os.path.realpath(folder))
        require_apart([folder, *folder.parents], remedy)
        try_writing(require_folder(folder, remedy), remedy)
    else:
        try_sending(folder, remedy)
        require_apart([folder, *folder.parents], remedy)


def check_own_folder(folder: Place, files: Collection[str], *, unfinished: bool = False) -> None:
    """Raise BadInput for a folder that the user named for `files`, if it holds anything else, or files of others.

    Ours are those that lie beside a page of ours; with `unfinished` also those that were left before it was written.
    Hidden files count for nothing.
    """
    remedy = "choose another --out."
    check_folder(folder, remedy)
    found = {place.name for place in folder.iterdir() if not place.name.startswith(".")} if folder.is_dir() else set()
    pages = [folder / name for name in found.intersection(files) if name.endswith(".html")]
    ours = all(map(is_own_page, pages)) if pages else unfinished
    if foreign := sorted(found.difference(files) or (() if ours else found)):
        raise BadInput(f"Expected an empty folder, or one of earlier results, got {folder} with {foreign[0]}; {remedy}")


def is_own_page(place: Place) -> bool:
    """Whether this program wrote an HTML file."""
    with place.open("rb") as file:
        return PAGE_MARK.encode() in file.read(1_000)


def require_apart(folders: Iterable[Place], remedy: str) -> None:
    """Raise BadInput, with what to do, if one of the folders, in which a file is to be made, is an exported dataset.

    It would no longer be what its manifest says.
    """
    if within := next((folder for folder in folders if manifest_of(folder)), None):
        raise BadInput(f"Expected a place outside of exported datasets, got one within {within}; {remedy}")


def manifest_of(folder: Place) -> dict[str, Any] | None:
    """The manifest of an export in the folder; None where there is none of ours that can be read."""
    try:
        return manifest_in((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def manifest_in(text: str) -> dict[str, Any] | None:
    """The manifest of an export that a text is; None for a text that is another. Raises ValueError for no JSON."""
    found = json.loads(text)
    return found if isinstance(found, dict) and found.keys() >= OURS else None


def require_folder(out: Path, remedy: str) -> Path:
    """The place itself, or the next one above it that is there; BadInput if that is a file."""
    above = standing(out)
    if not above.is_dir() or above.is_symlink():
        raise BadInput(f"Expected a folder to write to, got the file {above}; {remedy}")
    return above


def try_writing(folder: Path, remedy: str) -> None:
    """Make a folder with a small file in a folder and remove it again; BadInput where none can be made."""
    try:
        with TemporaryDirectory(dir=folder, prefix=TRIAL) as made:
            Path(made, "file").write_bytes(bytes(ROOM))
    except OSError as error:
        told, remedy = error.strerror or error, LIMITS.get(error.errno or 0, remedy)
        raise BadInput(f"Expected a folder to write to, got {folder} and “{told}”; {remedy}") from error


def try_sending(folder: UPath, remedy: str) -> None:
    """Make an object below a URL and remove it again; BadInput where none can be made."""
    trial = folder / f"{TRIAL}{secrets.token_hex(4)}"
    try:
        trial.write_bytes(b"")
        trial.unlink()
    except Exception as error:  # each of fsspec's libraries has errors of its own, which have nothing in common
        told = str(error) or type(error).__name__
        raise BadInput(f"Expected a place to write to, got {folder} and “{told}”; {remedy}") from error


def standing(out: Path) -> Path:
    """The place itself, or the next one above it that is there."""
    return next(place for place in (out, *out.parents) if os.path.lexists(place))
