"""Which columns of a table have the pictures and the labels, by their names or as somebody has said."""

from collections.abc import Sequence

from gan_core.config import DataSettings
from gan_core.errors import BadInput
from gan_core.sources.listing import show_names

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
