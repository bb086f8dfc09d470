"""The places on this machine where real images may be: a folder that was named, the usual ones, our own cache."""

import os
from collections.abc import Iterator
from pathlib import Path

from gan_core.config import DataSettings
from gan_core.errors import BadInput, unreadable
from gan_core.files import Place, is_local, located, require_reachable, without_password
from gan_core.sources.found_pictures import Found
from gan_core.sources.idx_file_names import IncompleteSource
from tasks.data.checksums import require_fashion_mnist
from tasks.data.open_source import open_source
from tasks.places import cache_home

VARIABLE = "SYNTHETIC_DATA_SOURCE"


def named(source: str | None) -> str | None:
    """The source that was named, as an argument or in the environment."""
    return source or os.environ.get(VARIABLE) or None


def is_web(source: str) -> bool:
    """Whether the source is a file's or folder's address on the web rather than a place that can be listed."""
    return source.lower().startswith(("http://", "https://"))


def place_of(source: str) -> Place:
    """The folder or file, here or in an object store, that a source names which is no web address; BadInput if none."""
    try:
        return located(os.path.expanduser(source))
    except BadInput as error:
        if not isinstance(error.__cause__, ValueError):  # a library that is not installed, which is said already
            raise
        raise BadInput(
            "Expected a folder, an http(s) URL or one that fsspec knows, such as s3://bucket/folder, as source, "
            f"got {without_password(source)}; copy the files and name their folder."
        ) from error


def require_address(url: str) -> None:
    """Raise BadInput for a web address that has no host."""
    import httpx

    try:
        host = httpx.URL(url).host
    except httpx.InvalidURL:
        host = ""
    if not host:
        raise BadInput(f"Expected an address such as https://host/folder as source, got {url}; correct it.")


def source_here(source: str | None, data: DataSettings) -> Found | None:
    """What is in the verified source on this machine; None if it has to be fetched first."""
    if not source:
        usual = next((folder for folder, wrong in usual_places() if not wrong), None)
        return open_source(usual, data) if usual else None
    if is_web(source):
        require_address(source)
        return None
    place = place_of(source)
    if is_local(place):
        return open_source(place, data)
    if not require_reachable(place).exists():
        raise nothing_at(source)
    return None


def nothing_at(source: str) -> IncompleteSource:
    """What is said of a place in a store where nothing is."""
    return IncompleteSource(
        f"Expected a folder, a file or a URL as source, got nothing at {without_password(source)}; check --source."
    )


def usual_places() -> Iterator[tuple[Path, BadInput | None]]:
    """The folders where Fashion-MNIST often is, if they are there, each with what is wrong with it, if anything."""
    keras = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "datasets" / "fashion-mnist"
    for folder in (own_cache(), keras, Path("data/fashion-mnist"), Path("../shared/fashion-mnist")):
        if not os.path.isdir(folder):
            continue
        try:
            require_fashion_mnist(folder)
        except (BadInput, OSError) as error:
            yield folder, error if isinstance(error, BadInput) else unreadable(error, folder)
        else:
            yield folder, None


def own_cache() -> Path:
    """Where the original Fashion-MNIST is kept."""
    return cache_home() / "fashion-mnist"
