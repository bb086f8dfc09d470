"""Which columns of a table have the pictures and the labels, by their names or as somebody has said."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gan_core.config import DataSettings
from gan_core.errors import BadInput, show_names
from gan_core.parsing.table_rows import LINES, PARQUET, read_columns, read_objects, read_rows, read_separated
from gan_core.sources.found_pictures import Label
from gan_core.sources.listing import Listing

IMAGES = (
    *("image", "img", "picture", "photo", "path", "file_name", "filename", "file", "filepath", "file_path"),
    *("image_path", "img_path", "image_file", "image_name"),
)
LABELS = ("label", "labels", "class", "class_name", "classname", "label_name", "category", "target", "y", "cls")
SPLIT = ("split", "set", "subset", "partition")


def find_column(columns: Sequence[str], known: Sequence[str], named: str | None) -> str | None:
    """The column that somebody has `named`, or the first that is called as one of `known`; None if there is none."""
    if named is not None:
        return named if named in columns else None
    by_name = {column.strip().lower().replace(" ", "_"): column for column in reversed(columns)}
    return next((by_name[name] for name in known if name in by_name), None)


def require_column(column: str | None, what: str, option: str, columns: Sequence[str], place: object) -> str:
    """The column; BadInput, with those that there are, if it was not found."""
    if column is None:
        raise BadInput(
            f"Expected a column with the {what} in {place}, got {show_names(columns, 12) or 'none'}; "
            f"say which it is by --data.{option}."
        )
    return column


def find_columns(columns: Sequence[str], settings: DataSettings) -> tuple[str | None, str | None]:
    """The columns of the pictures and of the labels."""
    image = find_column(columns, IMAGES, settings.image_column)
    return image, find_column(columns, LABELS, settings.label_column)


def as_label(value: Any) -> Label | None:
    """The label in a cell; None for an empty one."""
    if value is None or value != value:  # the latter is how pandas writes an empty one
        return None
    if isinstance(value, int):
        return int(value)
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip() or None


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
        columns = read_columns(path)
    else:
        rows = read_objects(path) if name.lower().endswith(LINES) else read_separated(path)
        columns = tuple(rows[0]) if rows else ()
    image, label = find_columns(columns, settings)
    if name.lower().endswith(PARQUET):
        wanted = [column for column in columns if column in (image, label) or column.lower() in SPLIT]
        rows = read_rows(path, wanted) if image and label else []
    return Table(name, rows, columns, image, label)
