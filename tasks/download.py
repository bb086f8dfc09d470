"""The errand to the real images: find the four files where people already have them, or fetch them."""

import hashlib
import logging
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from gan_core.errors import BadInput
from gan_core.files import sha256
from tasks.fetch import UNREACHABLE, DownloadFailed, alone, fetch_from_any, fetch_if_present, reason
from tasks.places import cache_home
from tasks.sources import CLASSES, FASHION_MNIST, FILES, SUMS, check, expected_digests, verify

HOMES = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets",
)

logger = logging.getLogger("synthetic_data.download")


@task(cache_policy=NO_CACHE, persist_result=False)
def download(source: str | None = None) -> Path:
    """The folder that holds the four verified files of `source`, a folder or base URL; looked for if not given."""
    folder = locate(source or os.environ.get("SYNTHETIC_DATA_SOURCE"))
    logger.info("Using the images in %s", folder)
    return folder


def locate(source: str | None) -> Path:
    """A folder is used in place, a URL is fetched; without either, the known places come before the network."""
    if not source:
        return known_folder() or fetch_all(HOMES, own_cache())
    if source.startswith(("http://", "https://")):
        return fetch_source(source.rstrip("/"))
    return verify(Path(source).expanduser())


def own_cache() -> Path:
    """Where the original Fashion-MNIST is kept."""
    return cache_home() / "fashion-mnist"


def known_folder() -> Path | None:
    """The first usual place that holds the original Fashion-MNIST; what is there but is not it is passed over."""
    keras = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "datasets" / "fashion-mnist"
    for folder in (own_cache(), keras, Path("data/fashion-mnist"), Path("../shared/fashion-mnist")):
        try:
            if folder.is_dir():
                return verify(folder, FASHION_MNIST)
        except (BadInput, OSError) as error:
            logger.warning("Passed over %s: %s", folder, error)
    return None


def fetch_source(base_url: str) -> Path:
    """Fetch from one base URL; any but the public homes has a cache folder and checksums of its own."""
    if base_url in HOMES:
        return fetch_all([base_url], own_cache())
    folder = cache_home() / f"source-{hashlib.sha256(base_url.encode()).hexdigest()[:16]}"
    return fetch_all([base_url], folder, companions=(SUMS, CLASSES))


def fetch_all(homes: Sequence[str], folder: Path, companions: Sequence[str] = ()) -> Path:
    """Bring `folder` up to date with its homes, one process at a time."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder):
            for name in companions:
                fetch_if_present(f"{homes[0]}/{name}", folder / name)
            expected = expected_digests(folder) if companions else FASHION_MNIST
            for name in FILES:
                refresh(homes, folder / name, expected[name])
            return verify(folder, expected)
    except UNREACHABLE as error:
        raise DownloadFailed(
            f"Expected an answer from {homes[0]}, got “{reason(error)}”; "
            "point at a copy with --source DIR or SYNTHETIC_DATA_SOURCE."
        ) from error
    except OSError as error:
        raise DownloadFailed(f"Expected to write to {folder}, got “{error}”; set XDG_CACHE_HOME elsewhere.") from error


def refresh(homes: Sequence[str], target: Path, digest: str | None) -> None:
    """Fetch a file unless it is there with its checksum; without one, nothing tells whether it is still current."""
    if digest and target.is_file() and sha256(target) == digest:
        return
    logger.info("Fetching %s from %s", target.name, homes[0])
    fetch_from_any(homes, target, partial(check, name=target.name, digest=digest))
