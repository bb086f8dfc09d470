"""The formats that labelled images are read from and exported in, each one module; equal images give equal bytes.

A new format is a module here that follows `Format`, or `Reader` if nothing is exported in it, and its line below.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from typing import Protocol

from gan_core.config import DataSettings
from gan_core.errors import BadInput, show_names
from gan_core.exports.shards import Export, ExportSplit
from gan_core.files import Place
from gan_core.formats import cifar, idx, imagefolder, npz, parquet, table_of_paths, tfds, webdataset
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.shape import ImageShape
from gan_core.installed_package import install_command
from gan_core.parsing.unpack_archive import ENDINGS
from gan_core.sources.class_names import read_class_names
from gan_core.sources.found_pictures import Found, Picture, Split
from gan_core.sources.listing import Listing


class Reader(Protocol):
    """What the module of a format does that is read."""

    def recognise(self, listing: Listing, settings: DataSettings) -> Found | None:
        """The splits of this format in a place, no picture decoded; None if there is nothing of it.

        Raises BadInput for what is of this format and cannot be used.
        """

    def read(self, found: Found, split: Split) -> Iterator[Picture]:
        """Yield the pictures of a split that this module recognised, in the order of their numbers."""


class Format(Reader, Protocol):
    """What the module of a format does that is read and written."""

    def write_shard(self, folder: Place, split: ExportSplit, shard: int, images: LabelledImages) -> None:
        """Write a shard, in any process and any order; one written again gives the same files."""

    def finish(self, folder: Place, export: Export) -> None:
        """Make of all shards what the format's readers expect."""

    def room(self, images: int, shape: ImageShape) -> int:
        """The bytes that so many images take on a disk at least, while they are written too."""


FORMATS: dict[str, Format] = {
    "idx": idx,
    "npz": npz,
    "parquet": parquet,
    "imagefolder": imagefolder,
    "tfds": tfds,
    "webdataset": webdataset,
}
READERS: dict[str, Reader] = {
    "cifar": cifar,
    "parquet": parquet,  # before the tables, since one that has the pictures themselves is no table of paths
    "table": table_of_paths,
    **FORMATS,
}  # the first that recognises a place reads it
EXTRAS = {"tfds": "tensorflow_datasets", "onnx": "onnx"}  # the library that a format needs from the extra of its name
PICKLED = (".pkl", ".pickle", ".pt", ".pth", ".joblib", "data_batch_1", "batches.meta")  # ends of names
READ = (
    "a folder of pictures in a folder for each class, a CSV or Parquet table beside pictures, Hugging Face's Parquet "
    "files, an NPZ file, IDX files, CIFAR's binary files, a WebDataset, or a ZIP or TAR of one of these"
)


def require(formats: Iterable[str]) -> None:
    """Raise BadInput for a format whose library is not installed."""
    for name in formats:
        if name in EXTRAS and find_spec(EXTRAS[name]) is None:
            raise BadInput(
                f"Expected the library {EXTRAS[name]} for the format {name}, got none installed; "
                f"say {install_command(name)}."
            )


def recognise(listing: Listing, settings: DataSettings) -> Found:
    """What is in a place, with the names of the classes if they are known; no picture is decoded.

    Raises BadInput for what cannot be used.
    """
    found = next((found for reader in READERS.values() if (found := reader.recognise(listing, settings))), None)
    if found is None or found.format == "imagefolder":
        tables = table_of_paths.open_tables(listing, settings)
        if found is None or _is_one_class(found) or settings.image_column or settings.label_column:
            table_of_paths.require_columns(tables)
        if found is None:
            raise refuse(listing)
        found = replace(found, remarks=(*found.remarks, *table_of_paths.remark_left_out(tables)))
    require([found.format])
    return replace(found, class_names=read_class_names(listing, found))


def _is_one_class(found: Found) -> bool:
    """Whether all pictures have one label, as they have in one folder with a table of the labels beside it."""
    return len({label for part in found.parts.values() for label in part.labels or ()}) == 1


def read(found: Found, split: Split) -> Iterator[Picture]:
    """The pictures of a split that was recognised."""
    return READERS[found.format].read(found, split)


def refuse(listing: Listing) -> BadInput:
    """What is said of a place in which nothing is recognised."""
    place = listing.root / listing.names[0] if listing.alone else listing.root
    if pickled := listing.with_suffix(*PICKLED):
        return BadInput(
            f"Expected data in {place}, got the pickle {show_names(pickled, 1)}, which could run any program; name "
            "CIFAR's binary version, or save the pictures as an NPZ file of numbers or in a folder for each class."
        )
    if packed := listing.with_suffix(*ENDINGS):
        return BadInput(
            f"Expected {READ} in {place}, got the archive {show_names(packed, 1)} within; "
            "unpack it and name its folder as --source."
        )
    shown = show_names(sorted({name.split("/")[0] for name in listing.names})) or "nothing"
    return BadInput(f"Expected {READ} in {place}, got {shown}; name one of these as --source.")
