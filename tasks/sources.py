"""The four files of a source of labelled images, and the checksums that vouch for them."""

import logging
from collections.abc import Mapping
from pathlib import Path

import httpx

from gan_core.errors import BadInput
from gan_core.files import sha256
from gan_core.idx import require_gzip

TRAIN_IMAGES = "train-images-idx3-ubyte.gz"
TRAIN_LABELS = "train-labels-idx1-ubyte.gz"
TEST_IMAGES = "t10k-images-idx3-ubyte.gz"
TEST_LABELS = "t10k-labels-idx1-ubyte.gz"
FILES = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)
SUMS = "SHA256SUMS"
CLASSES = "classes.txt"

FASHION_MNIST: Mapping[str, str] = {
    TRAIN_IMAGES: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    TRAIN_LABELS: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    TEST_IMAGES: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    TEST_LABELS: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}

logger = logging.getLogger("synthetic_data.download")


class IncompleteSource(BadInput):
    """A source lacks a file, or its SHA256SUMS lacks a line."""


class WrongChecksum(BadInput):
    """A file is not the one that its checksum names."""


def expected_digests(folder: Path) -> Mapping[str, str | None]:
    """The SHA-256 each file must have: as SHA256SUMS says, unknown beside a classes.txt, else as published."""
    if (folder / SUMS).is_file():
        return read_sums(folder / SUMS)
    if (folder / CLASSES).is_file():
        return dict.fromkeys(FILES)
    return FASHION_MNIST


def read_sums(path: Path) -> dict[str, str | None]:
    """The digests of the four files, and of classes.txt if listed, from lines as `sha256sum` writes them."""
    lines = [line.split(maxsplit=1) for line in path.read_text("utf-8", errors="replace").splitlines()]
    listed = {line[1].strip().removeprefix("*").removeprefix("./"): line[0].lower() for line in lines if len(line) == 2}
    missing = [name for name in FILES if name not in listed]
    if missing:
        raise IncompleteSource(f"Expected a line for {', '.join(missing)} in {path}, got none; run sha256sum again.")
    return {name: listed[name] for name in (*FILES, CLASSES) if name in listed}


def verify(folder: Path, expected: Mapping[str, str | None] | None = None) -> Path:
    """The absolute path of `folder`, once each file is there and has its checksum."""
    if not folder.is_dir():
        raise IncompleteSource(
            f"Expected a folder or a URL as source, got {folder}; check --source and SYNTHETIC_DATA_SOURCE."
        )
    expected = expected or expected_digests(folder)
    missing = [name for name in expected if not (folder / name).is_file()]
    if missing:
        raise IncompleteSource(f"Expected the files {', '.join(missing)} in {folder}, got none; add them.")
    for name, digest in expected.items():
        check(folder / name, name, digest)
    return folder.resolve()


def check(path: Path, name: str, digest: str | None) -> None:
    """Raise WrongChecksum unless the file at `path` has this digest; an unknown digest is logged instead."""
    found = sha256(path)
    if digest is None:
        require_gzip(path)
        logger.info("%s has no published checksum; its SHA-256 is %s", name, found)
    elif found == digest:
        logger.debug("%s has the expected checksum", name)
    elif digest == FASHION_MNIST.get(name):
        raise WrongChecksum(
            f"Expected {name} of Fashion-MNIST with SHA-256 {digest}, got {found}; "
            f"fetch it again, or put a {SUMS} or {CLASSES} file beside it if it is another data set."
        )
    else:
        raise WrongChecksum(f"Expected {name} with SHA-256 {digest} as {SUMS} says, got {found}; fetch both again.")


def without_password(source: str | None) -> str | None:
    """The source as what others may read names it."""
    if source is None or "://" not in source:
        return source
    return str(httpx.URL(source).copy_with(userinfo=b""))
