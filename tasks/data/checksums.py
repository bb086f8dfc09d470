"""What vouches for the files of a source: the published checksums of Fashion-MNIST, or a SHA256SUMS beside them."""

import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from gan_core.config import DataSettings
from gan_core.errors import BadInput
from gan_core.files import Place, name_below, sha256
from gan_core.formats import idx
from gan_core.parsing.idx_arrays import content_digest, require_whole
from gan_core.parsing.text_lines import read_lines
from gan_core.sources.found_pictures import Found
from gan_core.sources.idx_file_names import IncompleteSource
from gan_core.sources.listing import Listing, list_place

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
FASHION_MNIST_CONTENT: Mapping[str, str] = {  # without the compression, which everybody does in another way
    TRAIN_IMAGES: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    TRAIN_LABELS: idx.FASHION_MNIST_LABELS,
    TEST_IMAGES: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    TEST_LABELS: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
SUM_LINE = re.compile(r"([0-9a-fA-F]{64}) [ *]?(\S.*)")

logger = logging.getLogger("synthetic_data.download")


class WrongChecksum(BadInput):
    """A file is not the one that its checksum names."""


def require_fashion_mnist(folder: Place) -> None:
    """Raise BadInput unless the four files in the folder are the original Fashion-MNIST."""
    found = idx.recognise(list_place(folder), DataSettings())
    files = [*found.files] if found and [*found.parts] == ["train", "test"] else []
    if len(files) != len(FILES):
        raise IncompleteSource(
            f"Expected the four files of Fashion-MNIST in {folder}, got others; add {FILES[0]} and so on."
        )
    for path, name in zip(files, FILES, strict=True):
        require_checksum(path, name, FASHION_MNIST[name])


def verify_files(found: Found, listing: Listing) -> None:
    """Raise BadInput for a file that is not as a SHA256SUMS beside the files says, and for one that it does not list.

    Of pictures in files of their own those are checked that it lists.
    """
    sums = listing.beside(SUMS)
    if not sums:
        return
    listed, names = listed_digests(sums), listing.beside(CLASSES)
    digests = {path: _listed(listed, path, found.root) for path in found.files}
    if missing := [path.name for path, digest in digests.items() if not digest and not found.one_by_one]:
        raise IncompleteSource(f"Expected a line for {', '.join(missing)} in {sums}, got none; run sha256sum again.")
    for path, digest in [*digests.items(), *([(names, _listed(listed, names, found.root))] if names else [])]:
        if digest:
            require_checksum(path, path.name, digest)


def read_sums(sums: Place) -> Mapping[str, str | None]:
    """The digests of the four files by their names, all unknown where there is no SHA256SUMS."""
    if not sums.is_file():
        return dict.fromkeys(FILES)
    listed = listed_digests(sums)
    if missing := [name for name in FILES if name not in listed]:
        raise IncompleteSource(f"Expected a line for {', '.join(missing)} in {sums}, got none; run sha256sum again.")
    return {name: listed[name] for name in FILES}


def _listed(listed: Mapping[str, str], path: Place, root: Place) -> str | None:
    """The digest of a file by its path from the root on, or else by its name."""
    return listed.get(name_below(root, path)) or listed.get(path.name)


def listed_digests(sums: Place) -> dict[str, str]:
    """The digest of each path in a SHA256SUMS, and of each name there; a file in another form is refused."""
    lines = read_lines(sums)
    found = [line for line in map(SUM_LINE.fullmatch, lines) if line]
    if lines and not found:
        raise IncompleteSource(
            f"Expected lines such as “<SHA-256>  {TRAIN_IMAGES}” in {sums}, got “{lines[0][:60]}”; "
            f"write it by: sha256sum *.gz > {SUMS}."
        )
    places = {PurePosixPath(line[2].replace("\\", "/")): line[1].lower() for line in found}
    return {place.name: digest for place, digest in places.items()} | {
        str(place): each for place, each in places.items()
    }


def require_checksum(path: Place, name: str, digest: str | None) -> None:
    """Raise BadInput unless the file at `path` has this digest or, where none is known, is whole.

    Fashion-MNIST is also known by what is in the file, however it was compressed.
    """
    if digest is None:
        return require_whole(path)
    found = sha256(path)
    if found == digest or (digest == FASHION_MNIST.get(name) and is_original(path, name)):
        logger.debug("%s has the expected checksum", name)
    elif digest == FASHION_MNIST.get(name):
        raise WrongChecksum(
            f"Expected {name} of Fashion-MNIST with SHA-256 {digest}, got {found} in {path}; fetch it again."
        )
    else:
        raise WrongChecksum(f"Expected {name} with SHA-256 {digest} as {SUMS} says, got {found}; fetch both again.")


def is_original(path: Place, name: str) -> bool:
    """Whether the file holds what that of Fashion-MNIST does."""
    try:
        return content_digest(path) == FASHION_MNIST_CONTENT[name]
    except BadInput:
        return False


def unvouched(found: Found) -> Iterator[Place]:
    """The files that no checksum vouches for, but for pictures in files of their own."""
    vouched = found.one_by_one or list_place(found.root).beside(SUMS)
    original = found.format == "idx" and all(is_original(*pair) for pair in zip(found.files, FILES, strict=False))
    return iter(()) if vouched or original else found.files
