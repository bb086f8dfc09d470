"""A source of labelled images: its four IDX files under the names that people give them, and what vouches for them."""

import codecs
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath

from gan_core.errors import BadInput
from gan_core.files import Place, find_below, list_folder, name_below, sha256
from gan_core.formats.idx_codec import content_digest, read_labels, read_pair, require_whole
from gan_core.images.labelled_images import FASHION_MNIST_CLASSES, LabelledImages
from gan_core.images.requirements import require_names

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
    TRAIN_LABELS: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    TEST_IMAGES: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    TEST_LABELS: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}

ALIAS = re.compile(
    r"(?:(?P<set>.+)[-_.])?(?P<split>train|t10k|test|training|testing)[-_.](?P<kind>images|labels)"
    r"[-_.]idx(?P<dimensions>[13])[-_.]ubyte(?:\.gz)?",
    re.IGNORECASE,
)
SUBFOLDERS = ("raw", "*/raw", "*")  # where torchvision and others unpack them
SUM_LINE = re.compile(r"([0-9a-fA-F]{64}) [ *]?(\S.*)")
LISTED = 8  # names of what is in a folder, in a message
ENCODINGS = {  # by the mark at the start; that of UTF-32 begins with that of UTF-16
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

logger = logging.getLogger("synthetic_data.download")


class IncompleteSource(BadInput):
    """A source lacks a file, or its SHA256SUMS lacks a line."""


class WrongChecksum(BadInput):
    """A file is not the one that its checksum names."""


class UnreadableText(BadInput):
    """A text file is in an encoding that it does not say."""


@dataclass(frozen=True)
class Source:
    """The files of a source, here or in an object store."""

    files: Mapping[str, Place]  # by the names in FILES
    sums: Place | None
    classes: Place | None

    @property
    def all_files(self) -> list[Place]:
        """All that there are."""
        return [*self.files.values(), *(path for path in (self.sums, self.classes) if path)]


def find(folder: Place) -> Source:
    """The source in a folder or below it; IncompleteSource, with what was found, unless the four files are there."""
    if not folder.is_dir():
        raise IncompleteSource(
            f"Expected a folder or a URL as source, got {folder}; check --source and SYNTHETIC_DATA_SOURCE."
        )
    place = _place(folder)
    files = {name: _chosen(paths) for name, paths in _candidates(place).items() if paths}
    if missing := [name for name in FILES if name not in files]:
        raise IncompleteSource(
            f"Expected the files {', '.join(missing)} in {place}, got {_listing(place)}; add them or correct the names."
        )
    if len({_set(path) for path in files.values()}) > 1:
        raise IncompleteSource(
            f"Expected four files of one set in {place}, got {_joined([path.name for path in files.values()])}; "
            "put those of one set in a folder of their own."
        )
    return Source(files, _beside(SUMS, place, folder), _beside(CLASSES, place, folder))


@contextmanager
def readable(folder: Place) -> Iterator[None]:
    """Raise BadInput for what may not be read."""
    try:
        yield
    except OSError as error:
        raise BadInput(
            f"Expected to read {error.filename or folder}, got “{error.strerror or error}”; "
            "change who may read it, or name another --source."
        ) from error


def meant(name: str) -> str | None:
    """Which of FILES a name such as train-images.idx3-ubyte or test-labels-idx1-ubyte.gz stands for, if any."""
    found = ALIAS.fullmatch(name)
    if not found or name.startswith("."):  # as macOS puts ._train-images-idx3-ubyte.gz beside it
        return None
    split = "train" if found["split"].lower().startswith("train") else "t10k"
    standard = f"{split}-{found['kind'].lower()}-idx{found['dimensions']}-ubyte.gz"
    return standard if standard in FILES else None


def _set(path: Place) -> str:
    """Which of several sets in one folder the file belongs to, as in emnist-letters-train-images-idx3-ubyte.gz."""
    found = ALIAS.fullmatch(path.name)
    return ((found and found["set"]) or "").lower()


def _place(folder: Place) -> Place:
    """The folder that holds some of the four files: this one, or the only one below it that does."""
    if any(_candidates(folder).values()):
        return folder
    for pattern in SUBFOLDERS:
        below = [path for path in find_below(folder, pattern) if path.is_dir() and any(_candidates(path).values())]
        if len(below) > 1:
            names = [name_below(folder, path) for path in below]
            raise IncompleteSource(
                f"Expected one set of images in {folder}, got {_joined(names)}; name one of these folders."
            )
        if below:
            return below[0]
    return folder


def _candidates(folder: Place) -> dict[str, list[Place]]:
    """The files in the folder that may be meant, by the names in FILES."""
    found: dict[str, list[Place]] = {name: [] for name in FILES}
    for path in list_folder(folder):
        if (name := meant(path.name)) and path.is_file():
            found[name].append(path)
    return found


def _chosen(paths: list[Place]) -> Place:
    """The only one of these, or the only compressed one of the same name, or the one with the standard name."""
    standard = [path for path in paths if path.name in FILES]
    compressed = [path for path in paths if path.name.lower().endswith(".gz")]
    same = len({path.name.lower().removesuffix(".gz") for path in paths}) == 1
    best = standard or (same and compressed) or paths
    if len(best) > 1:
        raise IncompleteSource(
            f"Expected one file of each kind in {best[0].parent}, got {' and '.join(path.name for path in best)}; "
            "leave one of them there."
        )
    return best[0]


def _beside(name: str, *folders: Place) -> Place | None:
    """The file of that name, in whatever case and with .txt twice or at all, in the first of the folders with one."""
    for folder in folders:
        for path in sorted(list_folder(folder), key=lambda path: path.name != name):
            if path.name.lower() in (name.lower(), f"{name.lower()}.txt") and path.is_file():
                return path
    return None


def _listing(folder: Place) -> str:
    """What is in the folder, in a few words."""
    return _joined(sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))) or "nothing"


def _joined(names: list[str]) -> str:
    return ", ".join(names[:LISTED]) + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")


def read_lines(path: Place) -> list[str]:
    """The lines of a text file that are not blank, without blanks at their ends; UnreadableText if it cannot be told.

    A mark at the start tells UTF-16, as older PowerShells write it; without one the text must be UTF-8.
    """
    content = path.read_bytes()
    encoding = next((name for mark, name in ENCODINGS.items() if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableText(
            f"Expected UTF-8 text in {path}, got another encoding such as Latin-1 (“{error.reason}”); save it as UTF-8."
        ) from error
    if "\0" in text:
        raise UnreadableText(f"Expected UTF-8 text in {path}, got bytes of zero as in UTF-16; save it as UTF-8.")
    return [line.strip() for line in text.splitlines() if line.strip()]


def expected_digests(source: Source) -> dict[Place, str | None]:
    """The SHA-256 that each file must have: as SHA256SUMS says, unknown beside a classes.txt, else as published."""
    if source.sums:
        return read_sums(source)
    if source.classes:
        return dict.fromkeys(source.files.values())
    return {path: FASHION_MNIST[name] for name, path in source.files.items()}


def read_sums(source: Source) -> dict[Place, str | None]:
    """The digests of the four files, and of classes.txt if listed, from lines as `sha256sum` writes them."""
    if source.sums is None:
        raise ValueError("Expected a source with checksums.")
    listed = listed_digests(source.sums)
    digests = {path: listed.get(path.name) for path in source.all_files if path != source.sums}
    missing = [path.name for path in source.files.values() if not digests[path]]
    if missing:
        raise IncompleteSource(
            f"Expected a line for {', '.join(missing)} in {source.sums}, got none; run sha256sum again."
        )
    return {path: digest for path, digest in digests.items() if digest}


def listed_digests(sums: Place) -> dict[str, str]:
    """The digest of each name in a SHA256SUMS; a file in another form is refused."""
    lines = read_lines(sums)
    found = [line for line in map(SUM_LINE.fullmatch, lines) if line]
    if lines and not found:
        raise IncompleteSource(
            f"Expected lines such as “<SHA-256>  {TRAIN_IMAGES}” in {sums}, got “{lines[0][:60]}”; "
            f"write it by: sha256sum *.gz > {SUMS}."
        )
    return {PurePosixPath(line[2].replace("\\", "/")).name: line[1].lower() for line in found}


def verify_source(folder: Place, expected: Mapping[str, str] | None = None) -> Source:
    """The source in `folder`, once each file has its checksum: those `expected` by the names in FILES, or its own."""
    with readable(folder):
        source = find(folder)
        own = {source.files[name]: expected[name] for name in FILES} if expected else expected_digests(source)
        for path, digest in own.items():
            check(path, meant(path.name) or path.name, digest)
    return source


def check(path: Place, name: str, digest: str | None) -> None:
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
            f"Expected {name} of Fashion-MNIST with SHA-256 {digest}, got {found} in {path}; "
            f"fetch it again, or put a {SUMS} or {CLASSES} file beside it if it is another data set."
        )
    else:
        raise WrongChecksum(f"Expected {name} with SHA-256 {digest} as {SUMS} says, got {found}; fetch both again.")


def is_original(path: Place, name: str) -> bool:
    """Whether the file holds what that of Fashion-MNIST does."""
    try:
        return content_digest(path) == FASHION_MNIST_CONTENT[name]
    except BadInput:
        return False


def read_class_names(source: Source) -> tuple[str, ...]:
    """The lines of classes.txt; without one the classes of Fashion-MNIST, or the numbers of another set's."""
    if source.classes:
        return tuple(read_lines(source.classes))
    labels = source.files[TRAIN_LABELS]
    if is_original(labels, TRAIN_LABELS):
        return FASHION_MNIST_CLASSES
    return tuple(f"class {number}" for number in range(1 + read_labels(labels, 256).max(initial=0)))


def read_sets(source: Source) -> tuple[LabelledImages, LabelledImages]:
    """The training and the test images, which must have the same side."""
    class_names, files = read_class_names(source), source.files
    require_names(class_names)
    train = read_pair(files[TRAIN_IMAGES], files[TRAIN_LABELS], class_names)
    test = read_pair(files[TEST_IMAGES], files[TEST_LABELS], class_names)
    if train.side != test.side:
        raise BadInput(
            f"Expected training and test images of one size in {files[TRAIN_IMAGES].parent}, "
            f"got sides of {train.side} and {test.side} pixels; scale or pad them."
        )
    return train, test


def without_password(source: str | None) -> str | None:
    """The source as what others may read names it."""
    if source is None or "://" not in source:
        return source
    return re.sub("://[^/@]*@", "://", source)


def unvouched(source: Source) -> Iterator[Place]:
    """The files that no checksum vouches for."""
    return (path for path, digest in expected_digests(source).items() if digest is None)
