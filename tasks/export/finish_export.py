"""The errand of finishing: whole files from the shards, the card, croissant.json, the manifest and the checksums."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path
from typing import IO, Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from gan_core.config import ExportSettings
from gan_core.distribution import LICENSE, program_version
from gan_core.files import atomic_write, is_local, refreshed, remove_tree, write_text
from gan_core.formats import FORMATS, parquet
from gan_core.formats.parts import PARTS
from gan_core.provenance import library_versions
from tasks.export.contents import CARD, CROISSANT, MANIFEST, SUMS
from tasks.export.croissant import croissant
from tasks.export.dataset_card import HubSize, format_card, hub_format
from tasks.export.plan_export import ExportPlan

FINISHED = ".finished"
READERS = 16  # of files at once, for their digests
BATCH = 1_000  # files in memory


@task(cache_policy=NO_CACHE, persist_result=False)
def finish_export(plan: ExportPlan, settings: ExportSettings, *, staging: Path) -> None:
    """Make a complete dataset of the shards below `staging`; begun again after a kill, it ends the same.

    The manifest is written last: where there is one, all of the dataset is there.
    """
    export, formats = plan.export, plan.formats
    if not is_finished(staging):
        for name in formats:
            FORMATS[name].finish(staging / name, export)
        write_text(staging / FINISHED, "")
    for name in formats:
        remove_tree(staging / name / PARTS)
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
        write_text(staging / CROISSANT, croissant(plan, few))
        add_note(notes, CROISSANT, *sync_file(staging / CROISSANT))
        seal(staging, describe_dataset(plan, settings), notes)


def content_digest(notes: IO[str]) -> str:
    """SHA-256 of the names and the digests of all files in the notes: other data have another one."""
    whole = hashlib.sha256()
    for name, _, digest in read_notes(notes):
        whole.update(f"{digest}  {name}\n".encode())
    notes.seek(0, os.SEEK_END)
    return whole.hexdigest()


def hub_sizes(plan: ExportPlan, staging: Path, notes: IO[str]) -> list[HubSize]:
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


def is_finished(staging: Path) -> bool:
    """Whether all shards are written and joined, so that none is needed any more."""
    return (staging / FINISHED).exists()


def describe_dataset(plan: ExportPlan, settings: ExportSettings) -> dict[str, Any]:
    """What the manifest says of a dataset besides its files."""
    origin, export = plan.origin, plan.export
    return {
        "dataset_id": plan.identity[:12],
        "formats": plan.formats,
        "class_names": export.class_names,
        "shape": list(export.shape),
        "splits": {
            split.name: {
                "made_by": "camera" if split.real else "generator",
                "seed": None if split.real else split.seed,
                "images": split.images,
                "counts": {export.class_names[number]: count for number, count in split.counts},
            }
            for split in export.splits
        },
        "settings": settings.model_dump(mode="json"),
        "settings_digest": settings.digest(),
        "generator_digest": origin.generator_digest,
        "gan_settings_digest": origin.gan_settings,
        "gan_seed": origin.gan_seed,
        "source_data_digest": origin.data_digest,
        "run_id": origin.run_id,
        "program_version": program_version(),
        "program_license": LICENSE,  # not that of the data, which is the source's
        "commit": commit(),
        "versions": library_versions(),
    }


def seal(staging: Path, contents: dict[str, Any], notes: IO[str]) -> None:
    """Write the checksums, that of the manifest among them, and then the manifest."""
    with tempfile.TemporaryFile(dir=staging if is_local(staging) else None) as manifest:
        for line in manifest_lines(contents, read_notes(notes)):
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


def manifest_lines(contents: dict[str, Any], files: Iterable[tuple[str, int, str]]) -> Iterator[str]:
    """The manifest as JSON, with a line for each file."""
    yield json.dumps(contents | {"files": {}}, indent=1, ensure_ascii=False).removesuffix("}\n}")
    comma = ""
    for name, size, digest in files:
        fixed = {"bytes": size, "sha256": digest}
        yield f"{comma}\n  {json.dumps(name, ensure_ascii=False)}: {json.dumps(fixed)}"
        comma = ","
    yield "\n }\n}\n"


def sync_files(staging: Path, names: Iterator[str]) -> Iterator[tuple[str, int, str]]:
    """Name, bytes and SHA-256 of each file; many at once, as an object store takes its time for each."""
    with ThreadPoolExecutor(READERS) as pool:
        while some := list(islice(names, BATCH)):
            for name, fixed in zip(some, pool.map(lambda name: sync_file(staging / name), some), strict=True):
                yield name, *fixed


def sync_file(path: Path) -> tuple[int, str]:
    """The bytes and the SHA-256 of a file, once all of it is on the disk."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        if is_local(path):
            os.fsync(file.fileno())
        return file.tell(), digest


def _files(folder: Path, inside: str = "") -> Iterator[str]:
    """The dataset's files, folder by folder, without hidden ones and those that are written last."""
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        name = inside + path.name
        if path.is_dir():
            if not name.startswith("."):
                yield from _files(path, f"{name}/")
        elif not name.startswith(".") and name not in (CARD, CROISSANT, MANIFEST, SUMS):
            yield name


def commit() -> str | None:
    """The commit of the program's own checkout, where it runs from one.

    A wheel may lie in the checkout of another project, which does not track this file.
    """
    own = Path(__file__)
    tracked = _git_output(own.parent, "ls-files", "--error-unmatch", own.name)
    return tracked and _git_output(own.parent, "rev-parse", "HEAD")


def _git_output(folder: Path, *arguments: str) -> str | None:
    """What a command of Git prints about the checkout around a folder; none where it fails, or Git is absent."""
    if not shutil.which("git"):
        return None
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None
