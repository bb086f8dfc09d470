"""Where an export to the hub is written: here, and sent in one commit, so that it is there complete or not at all."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from upath import UPath

from gan_core.errors import BadInput
from gan_core.files import Place, refreshed, remove_tree
from tasks.export.contents import SUMS
from tasks.hub import Contents, Repository, find_repository, is_on_hub, look_into, require_writable, send_folder
from tasks.locks import locked
from tasks.places import MANIFEST, cache_home, check_cache, manifest_of

LOCK = ".lock"
MOST_FILES = 10_000  # in one commit


def check_hub(out: UPath, kind: str, made_from: dict[str, Any], overwrite: bool) -> None:
    """Raise BadInput where no export to a repository of this kind can be begun, or another one is in it.

    The same is told by what it was `made_from`, as its manifest says.
    """
    repository = find_repository(out, kind)
    check_cache()
    require_writable(repository)
    there = manifest_of(refreshed(out)) or {}
    if any(there.get(name) != value for name, value in made_from.items()):
        look_for_others(out, repository, overwrite)


def look_for_others(out: UPath, repository: Repository, overwrite: bool) -> Contents:
    """What is in a repository; BadInput for anything but an export of ours where one may be replaced."""
    contents = look_into(repository)
    if contents.files and not overwrite:
        raise BadInput(
            f"Expected an empty or absent repository, got {out} with {contents.files[0]} in it; "
            "say --overwrite to replace a dataset that was exported there, or choose another --out."
        )
    manifest = manifest_of(refreshed(out)) or {}
    ours = {*manifest.get("files", ()), MANIFEST, SUMS}
    if foreign := [name for name in contents.files if name not in ours]:
        raise BadInput(
            f"Expected nothing but an exported dataset to overwrite in {out}, got {foreign[0]}; "
            "move that away or choose another --out."
        )
    return contents


def require_few_files(formats: Sequence[str], images: int) -> None:
    """Raise BadInput for a file for each of very many images."""
    if "imagefolder" in formats and images > MOST_FILES:
        raise BadInput(
            f"Expected at most {MOST_FILES:,} images as files of their own on the hub, got {images:,}; "
            "choose parquet or webdataset, or fewer images."
        )


def is_there(out: Place, identity: str) -> bool:
    """Whether the hub has the export of this identity already."""
    return is_on_hub(out) and (manifest_of(refreshed(out)) or {}).get("dataset_id") == identity[:12]


@contextmanager
def staged_for_hub(out: UPath, identity: str, overwrite: bool) -> Iterator[Path]:
    """A folder in the cache, which is sent when the block succeeds, and waits for the next try if that fails."""
    repository, folder = find_repository(out, "dataset", "model"), cache_home() / "hub" / identity[:12]
    look_for_others(out, repository, overwrite)
    with locked(folder / LOCK):
        yield folder
        send_folder(folder, repository, look_for_others(out, repository, overwrite))
        remove_tree(folder)
