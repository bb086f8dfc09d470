"""What may lie in the folder of an export: our files, an unfinished export, litter of others, and strangers."""

import json
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from gan_core.files import Place
from gan_core.sources import listing
from tasks.places import TRIAL

MANIFEST, SUMS, CARD, CROISSANT = "manifest.json", "SHA256SUMS", "README.md", "croissant.json"
OURS = {"dataset_id", "files", "formats", "generator_digest"}  # what no other manifest.json says
STAGING = re.compile(r"\.\w{12}\.staging")


def is_litter(name: str) -> bool:
    """Whether a file or folder of this name, from the export's folder on, was left by a system, a reader or a trial."""
    return listing.is_litter(name) or any(part.startswith(TRIAL) for part in PurePosixPath(name).parts)


def is_staging(name: str) -> bool:
    """Whether it is, or lies in, an export that is being made or was interrupted."""
    return STAGING.fullmatch(PurePosixPath(name).parts[0]) is not None


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
    return (name for name in listing.files_in(folder) if not (name in known or is_staging(name) or is_litter(name)))
