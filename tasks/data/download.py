"""The errand to the real images: find them where people already have them, or fetch them."""

import hashlib
import json
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import unquote

from upath import UPath

from gan_core.config import DataSettings
from gan_core.errors import BadInput, show_count, show_name
from gan_core.files import is_local, local_file, read_text, refreshed, sha256, undamaged, without_password, write_text
from gan_core.parsing.unpack_archive import ENDINGS, require_kind
from gan_core.provenance import digest
from gan_core.sources.listing import is_hidden
from tasks.data.checksums import (
    CLASSES,
    FASHION_MNIST,
    FILES,
    SUMS,
    read_sums,
    require_checksum,
    require_fashion_mnist,
)
from tasks.data.http import UNREACHABLE, DownloadFailed, ask_version, fetch, fetch_from_any, fetch_if_present, reason
from tasks.data.open_source import open_source, require_present
from tasks.data.source_places import is_web, named, nothing_at, own_cache, place_of, usual_places
from tasks.locks import locked
from tasks.places import cache_home
from tasks.progress import progress_bar
from tasks.uncached_task import uncached_task

HOMES = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets",
)

logger = logging.getLogger("synthetic_data.download")


@uncached_task
def download(source: str | None = None) -> Path:
    """The folder or file of `source`, a place or URL, on this machine; Fashion-MNIST is looked for if none is given."""
    place = locate(named(source))
    logger.info("Using the images in %s", place)
    return place


def locate(source: str | None) -> Path:
    """A place here is used as it is, a URL is fetched; without either, the known places come before the network."""
    if not source:
        return known_folder() or fetch_all(HOMES, own_cache())
    if is_web(source):
        return fetch_file(source) if is_file(source) else fetch_source(source.rstrip("/"))
    place = place_of(source)
    if not is_local(place):
        return fetch_place(place, source)
    require_present(place)
    return place.resolve()


def known_folder() -> Path | None:
    """The first usual place that holds the original Fashion-MNIST; what is there but is not it is passed over."""
    for folder, wrong in usual_places():
        if not wrong:
            return folder.resolve()
        logger.warning("Passed over %s: %s", folder, wrong)
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
    with reaching(homes[0], folder), locked(folder / ".lock"):
        for name in companions:
            fetch_if_present(f"{homes[0]}/{name}", folder / name)
        expected = read_sums(folder / SUMS) if companions else FASHION_MNIST
        for name in FILES:
            refresh(homes, folder / name, expected[name])
        if companions:
            open_source(folder, DataSettings())
        else:
            require_fashion_mnist(folder)
        return folder.resolve()


@contextmanager
def reaching(home: str, folder: Path) -> Iterator[None]:
    """Make a folder of the cache for what comes from a home; DownloadFailed where either of them cannot be reached."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except UNREACHABLE as error:
        raise DownloadFailed(
            f"Expected an answer from {without_password(home)}, got “{reason(error, home)}”; "
            "point at a copy with --source DIR or SYNTHETIC_DATA_SOURCE."
        ) from error
    except OSError as error:
        raise unwritable(folder, error) from error


def refresh(homes: Sequence[str], target: Path, digest: str | None) -> None:
    """Fetch a file unless it is there with its checksum; without one, nothing tells whether it is still current."""
    if digest and target.is_file() and sha256(target) == digest:
        return
    logger.info("Fetching %s from %s", target.name, without_password(homes[0]))
    fetch_from_any(homes, target, partial(require_checksum, name=target.name, digest=digest))


def is_file(url: str) -> bool:
    """Whether a web address names an archive, or another file of pictures, rather than a base of several files."""
    return file_name(url).lower().endswith((*ENDINGS, ".npz", ".parquet"))


def file_name(url: str) -> str:
    """The name of the file that a web address ends with."""
    return unquote(re.split("[?#]", url)[0].rpartition("/")[2])


def fetch_file(url: str) -> Path:
    """Fetch a file from the web unless the one that is there is, as the server says, still the same."""
    folder = cache_of(url)
    target, noted = folder / file_name(url), folder / ".version"
    with reaching(url, folder), locked(folder / ".lock"):
        version = ask_version(url)
        if not (version and target.is_file() and noted.is_file() and read_text(noted) == version):
            logger.info("Fetching %s", without_password(url))
            fetch(url, target, partial(require_kind, name=target.name))
            write_text(noted, version)
        return target.resolve()


def fetch_place(place: UPath, source: str) -> Path:
    """Bring the cache up to date with a folder or file in an object store, one process at a time."""
    folder, shown = cache_of(source), without_password(source)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / ".lock"):
            return copy_new(place, folder, shown or source).resolve()
    except BadInput:
        raise
    except Exception as error:  # each of fsspec's libraries has errors of its own, which have nothing in common
        if isinstance(error, OSError) and str(error.filename).startswith(str(folder)):
            raise unwritable(folder, error) from error
        raise DownloadFailed(
            f"Expected to read {shown}, got “{error or type(error).__name__}”; "
            "check the address and the login, or point at a copy with --source DIR."
        ) from error


def copy_new(place: UPath, folder: Path, shown: str) -> Path:
    """Copy the files of a place unless they are there in the same version; no others stay. Where they are then."""
    system, noted = refreshed(place).fs, folder / ".versions.json"
    top = place.path.rstrip("/")
    found = {path.removeprefix(top).lstrip("/"): (path, info) for path, info in system.find(top, detail=True).items()}
    alone = "" in found
    if alone:
        found = {place.name: found[""]}
    wanted = {name: (path, digest(str(info))) for name, (path, info) in found.items() if not is_hidden(name)}
    if strange := [name for name in wanted if ".." in name.split("/")]:
        raise BadInput(f"Expected files below {shown}, got {show_name(strange[0])}; rename it.")
    if not wanted:
        raise nothing_at(shown)
    with undamaged(noted):
        known: dict[str, str] = dict(json.loads(read_text(noted))) if noted.is_file() else {}
    for old in known.keys() - wanted.keys():
        (folder / old).unlink(missing_ok=True)
    news = [
        name for name, (_, version) in wanted.items() if known.get(name) != version or not (folder / name).is_file()
    ]
    for name in news[:1]:
        logger.info("Fetching %s and %s from %s", show_name(name), show_count(len(news) - 1, "other file"), shown)
    with progress_bar("Fetching the files", len(news)) as advance:
        for name in news:
            with local_file(folder / name) as temporary:
                system.get_file(wanted[name][0], str(temporary))
            advance(1)
    write_text(noted, json.dumps({name: version for name, (_, version) in wanted.items()}))
    return folder / place.name if alone else folder


def unwritable(folder: Path, error: OSError) -> DownloadFailed:
    """What is said of a cache that is full or may not be written."""
    return DownloadFailed(f"Expected to write to {folder}, got “{error}”; set XDG_CACHE_HOME elsewhere.")
