"""Raw pieces of a file that holds a whole split, kept beside it until all of them are there."""

import shutil
from typing import BinaryIO

from gan_core.files import Place, atomic_write
from gan_core.formats.shards import ExportSplit

PARTS = ".parts"


def write_part(folder: Place, kind: str, stem: str, content: bytes) -> None:
    """Keep one piece."""
    with atomic_write(folder / PARTS / f"{kind}-{stem}") as file:
        file.write(content)


def copy_parts(folder: Place, kind: str, split: ExportSplit, to: BinaryIO) -> None:
    """Append all pieces of a kind to an open file, in the order of the shards."""
    for shard in range(split.shards):
        with (folder / PARTS / f"{kind}-{split.stem(shard)}").open("rb") as part:
            shutil.copyfileobj(part, to)


def copy_file(source: Place, to: Place) -> None:
    """Put a finished local file where it belongs, whole or not at all."""
    with source.open("rb") as content, atomic_write(to) as file:
        shutil.copyfileobj(content, file)
