"""The errand to the real images: find the four files where people already have them, or fetch them."""

import hashlib
import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from gan_core.errors import BadInput
from gan_core.files import Place, copy, is_local, sha256
from tasks.data.http import UNREACHABLE, DownloadFailed, fetch_from_any, fetch_if_present, reason
from tasks.data.source_places import is_web, named, own_cache, place_of, usual_places
from tasks.data.sources import (
    CLASSES,
    FASHION_MNIST,
    FILES,
    SUMS,
    Source,
    check,
    expected_digests,
    find,
    listed_digests,
    unvouched,
    verify_source,
    without_password,
)
from tasks.locks import locked
from tasks.places import cache_home
from tasks.uncached_task import uncached_task

HOMES = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets",
)

logger = logging.getLogger("synthetic_data.download")


@uncached_task
def download(source: str | None = None) -> Path:
    """The folder that holds the four verified files of `source`, a folder or URL; looked for if not given."""
    folder = locate(named(source))
    logger.info("Using the images in %s", folder)
    for path in unvouched(find(folder)):
        logger.info("%s has no published checksum; its SHA-256 is %s", path.name, sha256(path))
    return folder


def locate(source: str | None) -> Path:
    """A folder is used in place, a URL is fetched; without either, the known places come before the network."""
    if not source:
        return known_folder() or fetch_all(HOMES, own_cache())
    if is_web(source):
        return fetch_source(source.rstrip("/"))
    place = place_of(source)
    if not is_local(place):
        return fetch_folder(place, source)
    verify_source(place)
    return place.resolve()


def known_folder() -> Path | None:
    """The first usual place that holds the original Fashion-MNIST; what is there but is not it is passed over."""
    for folder, found in usual_places():
        if isinstance(found, Source):
            return folder.resolve()
        logger.warning("Passed over %s: %s", folder, found)
    return None


def cache_of(source: str) -> Path:
    """Where what comes from this URL is kept."""
    return cache_home() / f"source-{hashlib.sha256(source.encode()).hexdigest()[:16]}"


def fetch_source(base_url: str) -> Path:
    """Fetch from one base URL; any but the public homes has a cache folder and checksums of its own."""
    if base_url in HOMES:
        return fetch_all([base_url], own_cache())
    return fetch_all([base_url], cache_of(base_url), companions=(SUMS, CLASSES))


def fetch_all(homes: Sequence[str], folder: Path, companions: Sequence[str] = ()) -> Path:
    """Bring `folder` up to date with its homes, one process at a time."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / ".lock"):
            for name in companions:
                fetch_if_present(f"{homes[0]}/{name}", folder / name)
            expected = expected_digests(fetched(folder)) if companions else {}
            for name in FILES:
                refresh(homes, folder / name, expected.get(folder / name, FASHION_MNIST[name]))
            verify_source(folder, None if companions else FASHION_MNIST)
            return folder.resolve()
    except UNREACHABLE as error:
        raise DownloadFailed(
            f"Expected an answer from {without_password(homes[0])}, got “{reason(error, homes[0])}”; "
            "point at a copy with --source DIR or SYNTHETIC_DATA_SOURCE."
        ) from error
    except OSError as error:
        raise unwritable(folder, error) from error


def fetched(folder: Path) -> Source:
    """The source that a folder of the cache will be, once the four files are there."""
    sums, classes = (path if path.is_file() else None for path in (folder / SUMS, folder / CLASSES))
    return Source({name: folder / name for name in FILES}, sums, classes)


def refresh(homes: Sequence[str], target: Path, digest: str | None) -> None:
    """Fetch a file unless it is there with its checksum; without one, nothing tells whether it is still current."""
    if digest and target.is_file() and sha256(target) == digest:
        return
    logger.info("Fetching %s from %s", target.name, without_password(homes[0]))
    fetch_from_any(homes, target, partial(check, name=target.name, digest=digest))


def fetch_folder(place: Place, source: str) -> Path:
    """Bring the cache up to date with a folder in an object store, one process at a time."""
    folder, shown = cache_of(source), without_password(source)
    try:
        remote = find(place)
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / ".lock"):
            copy_source(remote, folder)
    except BadInput:
        raise
    except Exception as error:  # each of fsspec's libraries has errors of its own, which have nothing in common
        if isinstance(error, OSError) and str(error.filename).startswith(str(folder)):
            raise unwritable(folder, error) from error
        raise DownloadFailed(
            f"Expected to read {shown}, got “{error or type(error).__name__}”; "
            "check the address and the login, or point at a copy with --source DIR."
        ) from error
    verify_source(folder)
    return folder.resolve()


def copy_source(remote: Source, folder: Path) -> None:
    """Copy a source's files into a folder unless they are there with their checksums; no other files stay there."""
    listed: dict[str, str] = {}
    if remote.sums:
        copy(remote.sums, folder / remote.sums.name)
        listed = listed_digests(folder / remote.sums.name)
    for path in (path for path in remote.all_files if path != remote.sums):
        target = folder / path.name
        if not target.is_file() or sha256(target) != listed.get(path.name):
            logger.info("Fetching %s from %s", path.name, path.parent)
            copy(path, target)
    for old in {path.name for path in folder.iterdir()} - {path.name for path in remote.all_files} - {".lock"}:
        (folder / old).unlink()


def unwritable(folder: Path, error: OSError) -> DownloadFailed:
    """What is said of a cache that is full or may not be written."""
    return DownloadFailed(f"Expected to write to {folder}, got “{error}”; set XDG_CACHE_HOME elsewhere.")
