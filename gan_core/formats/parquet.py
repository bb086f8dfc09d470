"""Parquet shards as the Hugging Face hub lays them out: PNG bytes and a ClassLabel, described in the schema."""

import io
import json
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gan_core.files import Place, atomic_write, find_below
from gan_core.formats.png import decode_png, encode_png
from gan_core.formats.shards import Export, ExportSplit
from gan_core.images.labelled_images import LabelledImages

ROWS = 1_000  # in a row group, so that readers may take a part


def write_shard(folder: Place, split: ExportSplit, shard: int, images: LabelledImages) -> None:
    """Write one file of the split."""
    columns = {
        "image": [{"bytes": image, "path": None} for image in encode_png(images.images)],
        "label": images.labels.astype("int64"),
    }
    with atomic_write(folder / "data" / f"{split.stem(shard)}.parquet") as file:
        pq.write_table(pa.table(columns, schema=_schema(images.class_names)), file, row_group_size=ROWS)


def finish(folder: Place, export: Export) -> None:
    """Nothing is left to do."""


def room(images: int, side: int) -> int:
    """PNG bytes, half as many as there are pixels."""
    return images * side**2 // 2


def loaded_bytes(folder: Place, split: str) -> int:
    """Bytes of a split in Arrow's memory, as the hub counts them."""
    total = 0
    for path in find_below(folder / "data", f"{split}-*.parquet"):
        with path.open("rb") as file:
            total += sum(batch.nbytes for batch in pq.ParquetFile(file).iter_batches(ROWS))
    return total


def read(folder: Place, split: str) -> Iterator[tuple[np.ndarray, int]]:
    """The rows of the split's files."""
    for path in find_below(folder / "data", f"{split}-*.parquet"):
        with path.open("rb") as file:
            for batch in pq.ParquetFile(file).iter_batches(ROWS):
                for row in batch.to_pylist():
                    yield decode_png(io.BytesIO(row["image"]["bytes"])), row["label"]


def _schema(class_names: tuple[str, ...]) -> pa.Schema:
    features = {"image": {"_type": "Image"}, "label": {"names": list(class_names), "_type": "ClassLabel"}}
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    described = {"huggingface": json.dumps({"info": {"features": features}})}
    return pa.schema([("image", image), ("label", pa.int64())], metadata=described)
