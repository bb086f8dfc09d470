"""Tar files of .png and .cls pairs with the image's number as their key, enough for many processes that read them."""

import io
import json
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby, islice
from typing import IO, NamedTuple, cast

from gan_core.config import DataSettings
from gan_core.errors import BadInput, say_error, show_name, unreadable
from gan_core.exports.encode_png import encode_png
from gan_core.exports.shards import Export, ExportSplit
from gan_core.files import Place, atomic_write
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.shape import ImageShape
from gan_core.sources.found_pictures import Found, Label, Part, Picture, Split
from gan_core.sources.listing import PICTURES, Listing
from gan_core.sources.split_names import split_within
from gan_core.sources.table_columns import LABELS as COLUMNS
from gan_core.sources.table_columns import find_column

LABELS = ("cls", "json")  # endings
LOOKED_AT = 6  # members, to tell such a file from an archive of something else
WORKERS = 16  # that may read a split at once, each a file of its own, which the library's reader wants
FEW = 64  # images: a split of fewer is one file, for files of an image or three serve nobody


def write_shard(folder: Place, split: ExportSplit, shard: int, images: LabelledImages) -> None:
    """Write the tar files of a shard, without dates and owners."""
    each, numbered = (
        images_in_tar(split),
        zip(split.range(shard), images.labels, encode_png(images.images), strict=True),
    )
    for tar, pairs in groupby(numbered, lambda pair: pair[0] // each):
        with (
            atomic_write(folder / f"{split.name}-{tar:06d}.tar") as file,
            tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive,
        ):
            for number, label, image in pairs:
                _add(archive, f"{number:08d}.cls", str(label).encode())
                _add(archive, f"{number:08d}.png", image)


def images_in_tar(split: ExportSplit) -> int:
    """As many as a shard or, of FEW images or more, the largest part of it that gives WORKERS files or more."""
    if split.images < FEW:
        return split.shard_images
    parts = (split.shard_images // number for number in range(1, split.shard_images) if not split.shard_images % number)
    return next((part for part in parts if part * WORKERS <= split.images), 1)


def finish(folder: Place, export: Export) -> None:
    """Nothing is left to do."""


def room(images: int, shape: ImageShape) -> int:
    """Two headers, a label and the PNG bytes, half as many as there are pixels, in whole blocks."""
    return images * (3 + -(-(shape.values // 2) // tarfile.BLOCKSIZE)) * tarfile.BLOCKSIZE


def recognise(listing: Listing, settings: DataSettings) -> Found | None:
    """Tar files whose members go together by their names, a picture with a label each; None if there are none.

    All labels are in .cls files or, if there is none of these or a column was named, in .json files. Raises BadInput
    for a picture without a label, and for a file that is damaged.
    """
    tars = [name for name in listing.with_suffix(".tar") if _is_shard(listing.root / name)]
    if not tars:
        return None
    files: dict[Split, list[Place]] = {}
    for name in tars:
        files.setdefault(split_within(name) or "train", []).append(listing.root / name)
    column = settings.label_column or ""
    samples = {
        split: [(path, sample) for path in paths for sample in _samples(path, column, read=False)]
        for split, paths in files.items()
    }
    ending = _choose_ending((sample for pairs in samples.values() for _, sample in pairs), column)
    parts = {
        split: Part(
            (*files[split],), tuple(_require_label(path, sample, ending) for path, sample in pairs), (column, ending)
        )
        for split, pairs in samples.items()
    }
    return Found("webdataset", "WebDataset", listing.root, parts)


def read(found: Found, split: Split) -> Iterator[Picture]:
    """The pictures of the tar files."""
    part = found.parts[split]
    column, ending = part.keys
    for path in part.files:
        for sample in _samples(path, column, read=True):
            yield Picture(
                f"{show_name(sample.key)} of {path.name}", _require_label(path, sample, ending), sample.content
            )


class _Sample(NamedTuple):
    """A picture, and its labels by the endings of the files that they are in."""

    key: str
    labels: dict[str, Label]
    content: bytes  # empty if it was not read


def _is_shard(path: Place) -> bool:
    """Whether a tar file begins with a picture and a label that go together."""
    with _opened(path) as archive:
        first: dict[str, list[str]] = {}
        for entry in islice((entry for entry in archive if entry.isfile()), LOOKED_AT):
            key, ending = _split(entry.name)
            first.setdefault(key, []).append(ending)
        return any(any(map(_is_picture, endings)) and {*LABELS} & {*endings} for endings in first.values())


def _choose_ending(samples: Iterable[_Sample], column: str) -> str:
    """The ending of the files that have the labels."""
    return "json" if column or not any("cls" in sample.labels for sample in samples) else "cls"


def _require_label(path: Place, sample: _Sample, ending: str) -> Label:
    """The label in the file of this ending; BadInput if there is none."""
    if ending in sample.labels:
        return sample.labels[ending]
    remedy = "add it" if ending == "json" else "add it, or name a column of the .json files by --data.label-column"
    raise BadInput(
        f"Expected a label beside each picture in {path}, in a .{ending} file as others have it, got none for "
        f"{show_name(sample.key)}; {remedy}."
    )


def _samples(path: Place, column: str, *, read: bool) -> Iterator[_Sample]:
    """The samples that have a picture, with its content if it is to be `read`."""
    with _opened(path) as archive:
        for key, entries in groupby(
            (entry for entry in archive if entry.isfile()), lambda entry: _split(entry.name)[0]
        ):
            labels, content = dict[str, Label](), None
            for entry in entries:
                ending = _split(entry.name)[1]
                if ending in LABELS:
                    label = _label(_content(archive, entry), ending, column)
                    labels |= {} if label is None else {ending: label}
                elif _is_picture(ending) and content is None:
                    content = _content(archive, entry) if read else b""
            if content is not None:
                yield _Sample(key, labels, content)


def _split(name: str) -> tuple[str, str]:
    """What members of one sample share, and what is the member's own, as 00000012 and cls."""
    folder, slash, base = name.rpartition("/")
    key, _, ending = base.partition(".")
    return f"{folder}{slash}{key}", ending.lower()


def _is_picture(ending: str) -> bool:
    return f".{ending}".endswith(PICTURES)


def _label(content: bytes, ending: str, column: str) -> Label | None:
    """The label in a .cls file, or that of a .json file in a column; None if it has none there."""
    text = content.decode("utf-8", "backslashreplace").strip()
    if ending == "cls":
        return int(text) if text.isdecimal() else text
    try:
        values = json.loads(text)
    except ValueError:
        return None
    known = find_column([*values], COLUMNS, column or None) if isinstance(values, dict) else None
    value = values[known] if known else None
    return value if isinstance(value, int | str) else None


def _content(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    return cast(IO[bytes], archive.extractfile(entry)).read()


@contextmanager
def _opened(path: Place) -> Iterator[tarfile.TarFile]:
    """The tar file, read from its beginning to its end; BadInput for one that is damaged."""
    try:
        with path.open("rb") as file, tarfile.open(fileobj=file) as archive:
            yield archive
    except (tarfile.TarError, EOFError) as error:
        raise BadInput(
            f"Expected a whole tar file at {path}, got “{say_error(error)}”; fetch or write it again."
        ) from error
    except OSError as error:
        raise unreadable(error, path) from error


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))
