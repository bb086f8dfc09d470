"""The errand of finishing: whole files from the shards, the card, croissant.json, the manifest and the checksums."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from itertools import islice
from typing import IO, Any

from gan_core.config import ExportSettings
from gan_core.descriptions.croissant import format_croissant
from gan_core.descriptions.dataset_card import HubSize, format_card, hub_format
from gan_core.descriptions.manifest import describe_dataset, format_manifest
from gan_core.exports.export_plan import ExportPlan
from gan_core.exports.split_pieces import PIECES
from gan_core.files import Place, atomic_write, is_local, list_folder, refreshed, remove_tree, stream_digest, write_text
from gan_core.formats import FORMATS, parquet
from gan_core.generator_formats import write_generator
from tasks.export.contents import CARD, CROISSANT, SUMS
from tasks.places import MANIFEST
from tasks.uncached_task import uncached_task

FINISHED = ".finished"
READERS = 16  # of files at once, for their digests
BATCH = 1_000  # files in memory


@uncached_task
def finish_export(plan: ExportPlan, settings: ExportSettings, *, staging: Place) -> None:
    """Make a complete export of the shards below `staging` and of the generator; begun again, it ends the same.

    The manifest is written last: where there is one, all of the export is there.
    """
    export, formats = plan.export, plan.formats
    if not is_finished(staging):
        for name in formats:
            FORMATS[name].finish(staging / name, export)
        write_text(staging / FINISHED, "")
    for name in formats:
        remove_tree(staging / name / PIECES)
    if plan.generator_formats:
        write_generator(plan.origin.generator, plan.generator_formats, staging)
    with tempfile.TemporaryFile(
        "w+", encoding="utf-8", dir=staging if is_local(staging) else None
    ) as notes:  # there may be millions
        few = {}
        for name, size, digest in sync_files(staging, _files(refreshed(staging))):
            add_note(notes, name, size, digest)
            if not name.endswith(".png"):  # which croissant.json does not name
                few[name] = size, digest
        write_text(staging / CARD, format_card(plan, content_digest(notes), hub_sizes(plan, staging, notes)))
        few[CARD] = sync_file(staging / CARD)
        add_note(notes, CARD, *few[CARD])
        if formats:
            write_text(staging / CROISSANT, format_croissant(plan, few))
            add_note(notes, CROISSANT, *sync_file(staging / CROISSANT))
        seal(staging, describe_dataset(plan, settings), notes)


def content_digest(notes: IO[str]) -> str:
    """SHA-256 of the names and the digests of all files in the notes: other data have another one."""
    whole = hashlib.sha256()
    for name, _, digest in read_notes(notes):
        whole.update(f"{digest}  {name}\n".encode())
    notes.seek(0, os.SEEK_END)
    return whole.hexdigest()


def hub_sizes(plan: ExportPlan, staging: Place, notes: IO[str]) -> list[HubSize]:
    """How much of each split the hub's loader fetches, and how much it makes of that."""
    found = hub_format(plan.formats)
    if found is None:
        return []
    name, pattern = found
    sizes = []
    for split in plan.export.splits:
        files = pattern.format(split=split.name)
        fetched = sum(size for file, size, _ in read_notes(notes) if fnmatchcase(file, files))
        loaded = parquet.loaded_bytes(staging / name, split.name) if name == "parquet" else fetched
        sizes.append(HubSize(split, loaded, fetched))
    notes.seek(0, os.SEEK_END)
    return sizes


def is_finished(staging: Place) -> bool:
    """Whether all shards are written and joined, so that none is needed any more."""
    return (staging / FINISHED).exists()


def seal(staging: Place, contents: dict[str, Any], notes: IO[str]) -> None:
    """Write the checksums, that of the manifest among them, and then the manifest."""
    with tempfile.TemporaryFile(dir=staging if is_local(staging) else None) as manifest:
        for line in format_manifest(contents, read_notes(notes)):
            manifest.write(line.encode())
        manifest.seek(0)
        whole = hashlib.file_digest(manifest, "sha256").hexdigest()
        with atomic_write(staging / SUMS) as sums:
            for name, _, digest in read_notes(notes):
                sums.write(f"{digest}  {name}\n".encode())
            sums.write(f"{whole}  {MANIFEST}\n".encode())
        manifest.seek(0)
        with atomic_write(staging / MANIFEST) as file:
            shutil.copyfileobj(manifest, file)


def add_note(notes: IO[str], name: str, size: int, digest: str) -> None:
    """Add a file to the notes, a line of JSON for each."""
    notes.write(json.dumps([name, size, digest]) + "\n")


def read_notes(notes: IO[str]) -> Iterator[tuple[str, int, str]]:
    """Name, bytes and SHA-256 of all files in the notes."""
    notes.seek(0)
    return map(json.loads, notes)


def sync_files(staging: Place, names: Iterator[str]) -> Iterator[tuple[str, int, str]]:
    """Name, bytes and SHA-256 of each file; many at once, as an object store takes its time for each."""
    with ThreadPoolExecutor(READERS) as pool:
        while some := list(islice(names, BATCH)):
            for name, fixed in zip(some, pool.map(lambda name: sync_file(staging / name), some), strict=True):
                yield name, *fixed


def sync_file(path: Place) -> tuple[int, str]:
    """The bytes and the SHA-256 of a file, once all of it is on the disk."""
    with path.open("rb") as file:
        digest = stream_digest(file)
        if is_local(path):
            os.fsync(file.fileno())
        return file.tell(), digest


def _files(folder: Place, inside: str = "") -> Iterator[str]:
    """The dataset's files, folder by folder, without hidden ones and those that are written last."""
    for path in list_folder(folder):
        name = inside + path.name
        if path.is_dir():
            if not name.startswith("."):
                yield from _files(path, f"{name}/")
        elif not name.startswith(".") and name not in (CARD, CROISSANT, MANIFEST, SUMS):
            yield name
