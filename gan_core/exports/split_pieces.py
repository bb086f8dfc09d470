"""Raw pieces of a file that holds a whole split, kept beside it until all of them are there."""

import shutil
from typing import BinaryIO

from gan_core.exports.shards import ExportSplit
from gan_core.files import Place, atomic_write

PIECES = ".parts"


def write_piece(folder: Place, kind: str, stem: str, content: bytes) -> None:
    """Keep one piece."""
    with atomic_write(folder / PIECES / f"{kind}-{stem}") as file:
        file.write(content)


def join_pieces(folder: Place, kind: str, split: ExportSplit, to: BinaryIO) -> None:
    """Append all pieces of a kind to an open file, in the order of the shards."""
    for shard in range(split.shards):
        with (folder / PIECES / f"{kind}-{split.stem(shard)}").open("rb") as part:
            shutil.copyfileobj(part, to)
