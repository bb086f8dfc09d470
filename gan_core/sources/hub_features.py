"""What the Hugging Face hub's library says of the columns of a Parquet file, in its schema: pictures and labels."""

import json
from typing import Any

import pyarrow as pa

from gan_core.config import DataSettings
from gan_core.sources.table_columns import LABELS, find_column, require_column


def read_features(schema: pa.Schema) -> dict[str, Any]:
    """What the hub's library says of the columns, if it wrote them."""
    try:
        return dict(json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"])
    except (KeyError, TypeError, ValueError):
        return {}


def described_schema(class_names: tuple[str, ...]) -> pa.Schema:
    features = {"image": {"_type": "Image"}, "label": {"names": list(class_names), "_type": "ClassLabel"}}
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    described = {"huggingface": json.dumps({"info": {"features": features}})}
    return pa.schema([("image", image), ("label", pa.int64())], metadata=described)


def has_pictures(schema: pa.Schema) -> bool:
    return any(is_picture(column, read_features(schema)) for column in schema)


def is_picture(column: pa.Field, features: dict[str, Any]) -> bool:
    """Whether the column has pictures by what is said of it or, as they are stored, by its kind."""
    said = features.get(column.name, {})
    kind = column.type
    fields = {field.name for field in kind} if pa.types.is_struct(kind) else set()
    return said.get("_type") == "Image" if said else fields >= {"bytes", "path"} or _is_binary(kind)


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def find_label_column(schema: pa.Schema, features: dict[str, Any], settings: DataSettings, name: str) -> str:
    """The column of the labels; BadInput if there is none or which it is cannot be told."""
    columns = [column.name for column in schema if not pa.types.is_nested(column.type) and not _is_binary(column.type)]
    labels = [column for column in columns if features.get(column, {}).get("_type") == "ClassLabel"]
    known = find_column(columns, LABELS, settings.label_column)
    if known is None and settings.label_column is None and len(labels) == 1:
        known = labels[0]
    return require_column(known, "labels", "label-column", columns, name)
