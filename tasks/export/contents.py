"""What may lie in the folder of an export: our files, an unfinished export, litter of others, and strangers."""

import json
import os
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from gan_core.files import Place, is_local, refreshed

MANIFEST, SUMS, CARD, CROISSANT = "manifest.json", "SHA256SUMS", "README.md", "croissant.json"
OURS = {"dataset_id", "files", "formats", "generator_digest"}  # what no other manifest.json says
STAGING = re.compile(r"\.\w{12}\.staging")
LITTER = (  # what systems and readers leave where they have been
    *(".DS_Store", "._*", ".AppleDouble", ".Spotlight-V100", ".Trashes", ".fseventsd", "__MACOSX"),
    *("Thumbs.db", "desktop.ini", "$RECYCLE.BIN", "System Volume Information"),
    *("lost+found", ".Trash-*", ".directory", ".nfs*", ".fuse_hidden*", "@eaDir"),
    *(".ipynb_checkpoints", ".cache", "keras.json"),
)


def is_litter(name: str) -> bool:
    """Whether a file or folder of this name, from the export's folder on, is what a system or a reader left."""
    return any(fnmatchcase(part, kind) for part in PurePosixPath(name).parts for kind in LITTER)


def is_staging(name: str) -> bool:
    """Whether it is, or lies in, an export that is being made or was interrupted."""
    return STAGING.fullmatch(PurePosixPath(name).parts[0]) is not None


def files_in(folder: Place) -> Iterator[str]:
    """The names of all files below a folder, from it on; a link counts as a file."""
    if not is_local(folder):
        top = refreshed(folder).path.rstrip("/")
        yield from (name.removeprefix(f"{top}/") for name in folder.fs.find(top))
        return
    for place, folders, files in os.walk(folder):
        links = [name for name in folders if Path(place, name).is_symlink()]
        yield from (Path(place, name).relative_to(folder).as_posix() for name in (*files, *links))


def manifest_of(folder: Place) -> dict[str, Any] | None:
    """The manifest of an export in the folder; None where there is none of ours."""
    try:
        found = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.keys() >= OURS else None


def strangers(folder: Place) -> Iterator[str]:
    """The files in the folder that neither belong to an export of ours nor are litter."""
    manifest = manifest_of(folder)
    known = {*manifest["files"], MANIFEST, SUMS} if manifest else set()
    return (name for name in files_in(folder) if not (name in known or is_staging(name) or is_litter(name)))
