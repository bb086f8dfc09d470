"""A table beside pictures: a row a picture, with its path from the table on, its label, and its split if it says so."""

import os
from collections.abc import Iterator
from typing import Any

from gan_core.config import DataSettings
from gan_core.errors import BadInput, show_count, show_name, show_names
from gan_core.files import Place
from gan_core.parsing.table_rows import LINES, PARQUET, SEPARATED
from gan_core.sources.found_pictures import SPLITS, Found, Label, Part, Picture, Split, read_files
from gan_core.sources.listing import Listing, list_place
from gan_core.sources.split_names import split_of, split_within
from gan_core.sources.table_columns import SPLIT, Table, find_column, open_table, require_column


def recognise(listing: Listing, settings: DataSettings) -> Found | None:
    """The pictures that tables name in a column, with the labels of another; None where no table has both.

    A table of pictures without labels is left out. Raises BadInput for pictures that are not there or lie elsewhere.
    """
    tables = [open_table(listing, name, settings) for name in listing.with_suffix(*SEPARATED, *LINES, *PARQUET)]
    for table in tables if listing.alone else ():
        require_column(table.image, "paths of the pictures", "image-column", table.columns, table.name)
        require_column(table.label, "labels", "label-column", table.columns, table.name)
    labelled = [table for table in tables if table.image and table.label]
    if not labelled:
        return None
    remarks = [f"{table.name} has no labels and is left out" for table in tables if table.image and not table.label]
    whole = list_place(listing.root) if listing.alone else listing
    found: dict[Split, list[tuple[str, Label]]] = {split: [] for split in SPLITS}
    for table in labelled:
        for split, name, label in _pictures(table, listing.root):
            found[split].append((name, label))
    known = _present(whole, [name for pairs in found.values() for name, _ in pairs], labelled)
    if links := [name for pairs in found.values() for name, _ in pairs if name not in known]:
        count = show_count(len(links), "link")
        remarks.append(f"{count} out of the folder or to nowhere left out, such as {show_names(links, 1)}")
    parts = {split: _part(listing.root, pairs, known) for split, pairs in found.items() if pairs}
    return Found("table", "table", listing.root, parts, one_by_one=True, remarks=tuple(remarks))


def read(found: Found, split: Split) -> Iterator[Picture]:
    """The pictures, in the order of the rows."""
    return read_files(found.root, found.parts[split])


def _part(root: Place, pairs: list[tuple[str, Label]], known: set[str]) -> Part:
    kept = [(root / name, label) for name, label in pairs if name in known]
    return Part(tuple(path for path, _ in kept), tuple(label for _, label in kept))


def _pictures(table: Table, root: Place) -> Iterator[tuple[Split, str, Label]]:
    """The split, the path from the root on and the label of each row that has a label."""
    column = find_column(table.columns, SPLIT, None)
    whole = split_within(table.name) or "train"
    for row in table.rows:
        label = row[table.label or ""]
        if label in (None, ""):
            continue
        split = split_of(str(row[column])) if column else whole
        yield split or whole, _within(table, row[table.image or ""], root), _as_label(label)


def _as_label(value: Any) -> Label:
    if isinstance(value, int):
        return int(value)
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _within(table: Table, value: Any, root: Place) -> str:
    """The path of a picture from the root on; BadInput for one that is not below it."""
    top, told = root.as_posix(), str(value).replace("\\", "/")
    path = os.path.normpath(os.path.join(top, os.path.dirname(table.name), told))
    if not value or not path.startswith(f"{top}/"):
        raise BadInput(
            f"Expected pictures below {root} in {table.name}, got {show_name(told) or 'an empty cell'}; "
            "correct the paths, or name a folder that holds both."
        )
    return path.removeprefix(f"{top}/")


def _present(listing: Listing, wanted: list[str], tables: list[Table]) -> set[str]:
    """Those of the files that may be read; BadInput for some that are not there."""
    known, linked = set(listing.names), set(listing.leading_out)
    if missing := [name for name in wanted if name not in known and name not in linked]:
        raise BadInput(
            f"Expected the pictures that {show_names([table.name for table in tables])} names below {listing.root}, "
            f"got none at {show_names(missing, 3)}; add them, correct the paths, or move the table away."
        )
    return known
