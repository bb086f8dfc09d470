"""Tables of texts and numbers as rows: text with separators, JSON objects line by line, or Parquet."""

import csv
import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from gan_core.errors import BadInput, say_error, show_names
from gan_core.files import Place
from gan_core.parsing.text_lines import read_text

SEPARATED, LINES, PARQUET = (".csv", ".tsv"), (".jsonl",), (".parquet",)
SURPLUS = "\0"  # the name of the cells that a row has beyond the last column


def read_columns(path: Place) -> tuple[str, ...]:
    """The names of the columns of a Parquet file that hold texts or numbers; BadInput for two of one name."""
    try:
        with path.open("rb") as file:
            columns = [column.name for column in pq.read_schema(file) if not _is_content(column.type)]
    except (pa.ArrowException, OSError) as error:
        raise BadInput(
            f"Expected a whole Parquet file at {path}, got “{say_error(error)}”; fetch or write it again."
        ) from error
    require_different_columns(columns, path)
    return tuple(columns)


def read_rows(path: Place, columns: list[str]) -> list[dict[str, Any]]:
    """The rows of a Parquet file, of some of its columns."""
    with path.open("rb") as file:
        return pq.read_table(file, columns=columns).to_pylist()


def read_separated(path: Place) -> list[dict[str, Any]]:
    """The rows of a text with commas, semicolons or tabs between its columns, which its first line names.

    Raises BadInput for columns of one name, and for a row with more cells than the table has columns: which is which
    is not known. What a row lacks is empty.
    """
    text = read_text(path)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        table = csv.DictReader(text.splitlines(), delimiter=delimiter, restkey=SURPLUS, restval="", strict=True)
        rows = list(table)
    except csv.Error as error:
        raise BadInput(f"Expected a table in {path}, got “{say_error(error)}”; write it again.") from error
    columns = table.fieldnames or []
    require_different_columns(columns, path)
    for number, row in enumerate(rows, 1):
        if any(row.pop(SURPLUS, ())):
            raise BadInput(
                f"Expected {len(columns)} cells in each row of {path}, got more in row {number} below the names of the "
                "columns; put quotes around texts that hold a separator."
            )
    return rows


def read_objects(path: Place) -> list[dict[str, Any]]:
    """The objects of a text with one on each line."""
    try:
        rows = [json.loads(line) for line in read_text(path).splitlines() if line.strip()]
    except ValueError as error:
        raise BadInput(
            f"Expected a JSON object on each line of {path}, got “{say_error(error)}”; write it again."
        ) from error
    return [row for row in rows if isinstance(row, dict)]


def require_different_columns(columns: Sequence[str], path: Place) -> None:
    """Raise BadInput for columns of one name: which of them is meant is not known."""
    if twice := sorted({name for name in columns if name and columns.count(name) > 1}):
        raise BadInput(f"Expected columns of different names in {path}, got {show_names(twice)} twice; rename one.")


def _is_content(kind: pa.DataType) -> bool:
    """Whether a column holds pictures themselves, or what is neither a path nor a label."""
    return bool(pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))
