"""Parquet shards as the Hugging Face hub lays them out: PNG bytes and a ClassLabel, described in the schema."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from gan_core.config import DataSettings
from gan_core.errors import BadInput, say_error, show_count, show_name, unreadable
from gan_core.exports.encode_png import encode_png
from gan_core.exports.shards import Export, ExportSplit
from gan_core.files import Place, atomic_write, find_below, is_local, read_bytes
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.shape import ImageShape
from gan_core.sources.found_pictures import Found, Label, Part, Picture, Split
from gan_core.sources.hub_features import described_schema, find_label_column, has_pictures, is_picture, read_features
from gan_core.sources.listing import Listing
from gan_core.sources.split_names import split_within
from gan_core.sources.table_columns import as_label

ROWS = 1_000  # in a row group, so that readers may take a part


def write_shard(folder: Place, split: ExportSplit, shard: int, images: LabelledImages) -> None:
    """Write one file of the split."""
    columns = {
        "image": [{"bytes": image, "path": None} for image in encode_png(images.images)],
        "label": images.labels.astype("int64"),
    }
    with atomic_write(folder / "data" / f"{split.stem(shard)}.parquet") as file:
        pq.write_table(pa.table(columns, schema=described_schema(images.class_names)), file, row_group_size=ROWS)


def finish(folder: Place, export: Export) -> None:
    """Nothing is left to do."""


def room(images: int, shape: ImageShape) -> int:
    """PNG bytes, half as many as there are pixels."""
    return images * shape.values // 2


def loaded_bytes(folder: Place, split: str) -> int:
    """Bytes of a split in Arrow's memory, as the hub counts them."""
    total = 0
    for path in find_below(folder / "data", f"{split}-*.parquet"):
        with path.open("rb") as file:
            total += sum(batch.nbytes for batch in pq.ParquetFile(file).iter_batches(ROWS))
    return total


def recognise(listing: Listing, settings: DataSettings) -> Found | None:
    """Files with a column of pictures as the hub stores them, their bytes or paths, and labels; None without any.

    Raises BadInput where it cannot be told which columns they are.
    """
    tables = {
        name: schema for name in listing.with_suffix(".parquet") if has_pictures(schema := _stored(listing, name))
    }
    if not tables:
        return None
    name, schema = next(iter(tables.items()))
    features = read_features(schema)
    image = settings.image_column or next(column.name for column in schema if is_picture(column, features))
    label = find_label_column(schema, features, settings, name)
    for other, columns in tables.items():
        if lacking := {image, label} - set(columns.names):
            raise BadInput(
                f"Expected the column {lacking.pop()} in {other} as in {name}, got none; leave that file out."
            )
    files: dict[Split, list[Place]] = {}
    for other in tables:
        files.setdefault(split_within(other) or "train", []).append(listing.root / other)
    names = features.get(label, {}).get("names") if features.get(label, {}).get("_type") == "ClassLabel" else None
    parts = {split: Part((*paths,), _labels(paths, label, names), (image, label)) for split, paths in files.items()}
    rows = sum(count_rows(path) for paths in files.values() for path in paths)
    missing = rows - sum(len(part.labels or ()) for part in parts.values())
    remarks = (f"{show_count(missing, 'row')} without a label left out",) if missing else ()
    return Found("parquet", "Parquet files", listing.root, parts, tuple(names) if names else None, remarks=remarks)


def read(found: Found, split: Split) -> Iterator[Picture]:
    """The pictures of the rows."""
    part = found.parts[split]
    image, label = part.keys
    for path in part.files:
        with path.open("rb") as file:
            for number, row in enumerate(_pairs(file, part.keys)):
                if (known := _label(row[label], found.class_names)) is not None:
                    yield Picture(f"{path.name}, row {number}", known, _content(row[image], path, number))


def count_rows(path: Place) -> int:
    """The rows of a Parquet file."""
    with path.open("rb") as file:
        return int(pq.ParquetFile(file).metadata.num_rows)


def _pairs(file: BinaryIO, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The rows of some columns, few of them in memory."""
    for batch in pq.ParquetFile(file).iter_batches(ROWS, columns=list(columns)):
        yield from batch.to_pylist()


def _label(value: Any, names: Sequence[str] | None) -> Label | None:
    """The label of a row, if it has one; the hub writes -1 beside names for those that are kept secret."""
    return None if names and value == -1 else as_label(value)


def _labels(paths: Sequence[Place], column: str, names: Sequence[str] | None) -> tuple[Label, ...]:
    """The labels of all rows that have one."""
    found = list[Label]()
    for path in paths:
        with path.open("rb") as file:
            labels = (_label(row[column], names) for row in _pairs(file, [column]))
            found += [label for label in labels if label is not None]
    return tuple(found)


def _content(cell: Any, path: Place, row: int) -> bytes:
    """The bytes of a picture, which on this machine may lie in a file that the cell names, from the table on.

    None of an empty cell, which is no picture that can be read.
    """
    if isinstance(cell, bytes):
        return cell
    if cell and cell["bytes"] is not None:
        return cast(bytes, cell["bytes"])
    named = (cell and cell["path"]) or ""
    if not named:
        return b""
    if is_local(path):
        place = Path(os.path.normpath(path.parent / named))
        if place.is_relative_to(path.parent) and place != path.parent:
            return read_bytes(place)
    raise BadInput(
        f"Expected pictures in {path}, got {show_name(PurePosixPath(named).name)} elsewhere in row {row}; "
        "correct the table."
    )


def _stored(listing: Listing, name: str) -> pa.Schema:
    """The columns of a file; BadInput for one that is damaged."""
    try:
        with (listing.root / name).open("rb") as file:
            return pq.read_schema(file)
    except pa.ArrowException as error:
        raise BadInput(
            f"Expected a whole Parquet file at {listing.root / name}, got “{say_error(error)}”; "
            "fetch or write it again."
        ) from error
    except OSError as error:
        raise unreadable(error, listing.root / name) from error
