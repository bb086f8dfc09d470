"""Tables of paths and labels: text with separators, JSON objects line by line, or Parquet."""

import csv
import json
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from gan_core.config import DataSettings
from gan_core.errors import BadInput, say_error
from gan_core.files import Place
from gan_core.sources.columns import SPLIT, find_columns
from gan_core.sources.listing import Listing
from gan_core.sources.text_files import read_text

SEPARATED, LINES, PARQUET = (".csv", ".tsv"), (".jsonl",), (".parquet",)


@dataclass(frozen=True)
class Table:
    """The rows of a table, and which of its columns say what."""

    name: str  # from the listing's root on
    rows: list[dict[str, Any]]
    columns: tuple[str, ...]
    image: str | None  # the column of the paths
    label: str | None


def open_table(listing: Listing, name: str, settings: DataSettings) -> Table:
    """A table with the columns of its pictures and labels, if it has them; its rows only if it has both."""
    path = listing.root / name
    if name.lower().endswith(PARQUET):
        schema = _schema(path)
        columns = tuple(column.name for column in schema if not _is_content(column.type))
    else:
        rows = _lines(path) if name.lower().endswith(LINES) else _separated(path)
        columns = tuple(rows[0]) if rows else ()
    image, label = find_columns(columns, settings)
    if name.lower().endswith(PARQUET):
        wanted = [column for column in columns if column in (image, label) or column.lower() in SPLIT]
        rows = _rows(path, wanted) if image and label else []
    return Table(name, rows, columns, image, label)


def _is_content(kind: pa.DataType) -> bool:
    """Whether a column holds pictures themselves, or what is neither a path nor a label."""
    return bool(pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _schema(path: Place) -> pa.Schema:
    try:
        with path.open("rb") as file:
            return pq.read_schema(file)
    except (pa.ArrowException, OSError) as error:
        raise BadInput(
            f"Expected a whole Parquet file at {path}, got “{say_error(error)}”; fetch or write it again."
        ) from error


def _rows(path: Place, columns: list[str]) -> list[dict[str, Any]]:
    with path.open("rb") as file:
        return pq.read_table(file, columns=columns).to_pylist()


def _separated(path: Place) -> list[dict[str, Any]]:
    """The rows of a text with commas, semicolons or tabs between its columns, which its first line names."""
    text = read_text(path)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        return list(csv.DictReader(text.splitlines(), delimiter=delimiter, restkey="", restval="", strict=True))
    except csv.Error as error:
        raise BadInput(f"Expected a table in {path}, got “{say_error(error)}”; write it again.") from error


def _lines(path: Place) -> list[dict[str, Any]]:
    """The objects of a text with one on each line."""
    try:
        rows = [json.loads(line) for line in read_text(path).splitlines() if line.strip()]
    except ValueError as error:
        raise BadInput(
            f"Expected a JSON object on each line of {path}, got “{say_error(error)}”; write it again."
        ) from error
    return [row for row in rows if isinstance(row, dict)]
