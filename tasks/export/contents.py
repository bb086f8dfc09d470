"""What may lie in the folder of an export: our files, an unfinished export, litter of others, and strangers."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from gan_core.files import Place
from gan_core.formats import FORMATS
from gan_core.generator_formats import GENERATOR_FORMATS
from gan_core.sources import listing
from tasks.places import MANIFEST, TRIAL, manifest_of

SUMS, CARD, CROISSANT = "SHA256SUMS", "README.md", "croissant.json"
ALL_FORMATS = (*FORMATS, *GENERATOR_FORMATS)
STAGING = re.compile(r"\.\w{12}\.staging")


def is_litter(name: str) -> bool:
    """Whether a file or folder of this name, from the export's folder on, was left by a system, a reader or a trial."""
    return listing.is_litter(name) or any(part.startswith(TRIAL) for part in PurePosixPath(name).parts)


def is_staging(name: str) -> bool:
    """Whether it is, or lies in, an export that is being made or was interrupted."""
    return STAGING.fullmatch(PurePosixPath(name).parts[0]) is not None


def strangers(folder: Place) -> Iterator[str]:
    """The files in the folder that neither belong to an export of ours nor are litter."""
    manifest = manifest_of(folder)
    known = {*manifest["files"], MANIFEST, SUMS} if manifest else set()
    return (name for name in listing.files_in(folder) if not (name in known or is_staging(name) or is_litter(name)))
