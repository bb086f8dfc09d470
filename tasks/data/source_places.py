"""The places on this machine where real images may be: a folder that was named, the usual ones, our own cache."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx

from gan_core.errors import BadInput
from gan_core.files import Place, is_local, located
from tasks.data.sources import FASHION_MNIST, Source, verify_source, without_password
from tasks.places import cache_home

VARIABLE = "SYNTHETIC_DATA_SOURCE"


def named(source: str | None) -> str | None:
    """The source that was named, as an argument or in the environment."""
    return source or os.environ.get(VARIABLE) or None


def is_web(source: str) -> bool:
    """Whether the source is a base URL of files rather than a place that can be listed."""
    return source.lower().startswith(("http://", "https://"))


def place_of(source: str) -> Place:
    """The folder, here or in an object store, that a source other than a web address names; BadInput if it cannot."""
    try:
        return located(os.path.expanduser(source))
    except BadInput as error:
        if not isinstance(error.__cause__, ValueError):  # a library that is not installed, which is said already
            raise
        raise BadInput(
            "Expected a folder, an http(s) URL or one that fsspec knows, such as s3://bucket/folder, as source, "
            f"got {without_password(source)}; copy the files and name their folder."
        ) from error
    except OSError as error:  # some libraries ask the host at once
        raise BadInput(
            f"Expected to read {without_password(source)}, got “{error}”; check the address, or name a folder."
        ) from error


def require_address(url: str) -> None:
    """Raise BadInput for a web address that has no host."""
    try:
        host = httpx.URL(url).host
    except httpx.InvalidURL:
        host = ""
    if not host:
        raise BadInput(f"Expected an address such as https://host/folder as source, got {url}; correct it.")


def source_here(source: str | None) -> Source | None:
    """The verified source on this machine; None if it has to be fetched first."""
    if not source:
        return next((found for _, found in usual_places() if isinstance(found, Source)), None)
    if is_web(source):
        require_address(source)
        return None
    folder = place_of(source)
    return verify_source(folder) if is_local(folder) else None


def usual_places() -> Iterator[tuple[Path, Source | Exception]]:
    """The folders where Fashion-MNIST often is, if they are there, each with the verified source or what is wrong."""
    keras = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "datasets" / "fashion-mnist"
    for folder in (own_cache(), keras, Path("data/fashion-mnist"), Path("../shared/fashion-mnist")):
        if not os.path.isdir(folder):
            continue
        try:
            yield folder, verify_source(folder, FASHION_MNIST)
        except BadInput as error:
            yield folder, error


def own_cache() -> Path:
    """Where the original Fashion-MNIST is kept."""
    return cache_home() / "fashion-mnist"
