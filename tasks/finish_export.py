"""The errand of finishing: whole files from the shards, the card, croissant.json, the manifest and the checksums."""

import hashlib
import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from prefect import task
from prefect.cache_policies import NO_CACHE

from gan_core.config import ExportSettings
from gan_core.files import is_local, refreshed, remove_tree, write_text
from gan_core.report import library_versions
from tasks.card import card
from tasks.croissant import croissant
from tasks.formats import FORMATS
from tasks.formats.parts import PARTS
from tasks.plan_export import ExportPlan
from tasks.shards import Split

MANIFEST, SUMS, CARD, CROISSANT = "manifest.json", "SHA256SUMS", "README.md", "croissant.json"
FINISHED = ".finished"
READERS = 16  # of files at once, for their digests


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
    counts: dict[str, dict[str, int]] = {split.name: class_counts(split, export.class_names) for split in export.splits}
    write_text(staging / CARD, card(export, plan.origin, formats, counts))
    written = all_synced(staging, _files(staging))
    write_text(staging / CROISSANT, croissant(plan, written))
    written[CROISSANT] = synced(staging / CROISSANT)
    contents = described(plan, settings, counts) | {
        "files": {name: {"bytes": size, "sha256": digest} for name, (size, digest) in sorted(written.items())}
    }
    manifest = json.dumps(contents, indent=1, ensure_ascii=False) + "\n"
    digests = {name: digest for name, (_, digest) in written.items()}
    digests[MANIFEST] = hashlib.sha256(manifest.encode()).hexdigest()
    write_text(staging / SUMS, "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items())))
    write_text(staging / MANIFEST, manifest)


def is_finished(staging: Path) -> bool:
    """Whether all shards are written and joined, so that none is needed any more."""
    return (staging / FINISHED).exists()


def described(plan: ExportPlan, settings: ExportSettings, counts: dict[str, dict[str, int]]) -> dict[str, Any]:
    """What the manifest says of a dataset besides its files."""
    origin, export = plan.origin, plan.export
    return {
        "dataset_id": plan.identity[:12],
        "formats": plan.formats,
        "class_names": export.class_names,
        "side": export.side,
        "splits": {
            split.name: {
                "made_by": "camera" if split.real else "generator",
                "seed": None if split.real else split.seed,
                "images": split.images,
                "counts": counts[split.name],
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
        "commit": commit(),
        "versions": library_versions(),
    }


def class_counts(split: Split, class_names: tuple[str, ...]) -> dict[str, int]:
    """Images of each class, by name."""
    if split.real:
        numbers = sum(np.bincount(split.load(n).labels, minlength=len(class_names)) for n in range(split.shards))
        return dict(zip(class_names, np.asarray(numbers).tolist(), strict=True))
    return {class_names[number]: count for number, count in split.counts}


def all_synced(staging: Path, names: list[str]) -> dict[str, tuple[int, str]]:
    """The bytes and the SHA-256 of each file; many at once, as an object store takes its time for each."""
    with ThreadPoolExecutor(READERS) as pool:
        return dict(zip(names, pool.map(lambda name: synced(staging / name), names), strict=True))


def synced(path: Path) -> tuple[int, str]:
    """The bytes and the SHA-256 of a file, once all of it is on the disk."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        if is_local(path):
            os.fsync(file.fileno())
        return file.tell(), digest


def _files(staging: Path) -> list[str]:
    """The dataset's files, without hidden ones and those that are written last."""
    paths = (path.relative_to(staging) for path in refreshed(staging).rglob("*") if path.is_file())
    visible = (path for path in paths if not path.parts[0].startswith("."))
    return sorted(path.as_posix() for path in visible if path.as_posix() not in (CROISSANT, MANIFEST, SUMS))


def commit() -> str | None:
    """The commit of the program's own checkout, where it runs from one."""
    found = subprocess.run(
        ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() if found.returncode == 0 else None
