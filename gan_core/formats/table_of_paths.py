"""A table beside pictures: a row a picture, with its path from the table on, its label, and its split if it says so."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from gan_core.config import DataSettings
from gan_core.errors import BadInput, show_count, show_name, show_names
from gan_core.files import Place
from gan_core.parsing.table_rows import LINES, PARQUET, SEPARATED
from gan_core.sources.found_pictures import SPLITS, Found, Label, Part, Picture, Split, read_files
from gan_core.sources.listing import PICTURES, Listing, list_place
from gan_core.sources.split_names import split_of, split_within
from gan_core.sources.table_columns import SPLIT, Table, as_label, find_column, open_table, require_column


def recognise(listing: Listing, settings: DataSettings) -> Found | None:
    """The pictures that tables name in a column, with the labels of another; None where no table has both.

    A table that lacks one of them is left out. Raises BadInput for pictures that are not there or lie elsewhere.
    """
    tables = open_tables(listing, settings)
    if listing.alone:
        require_columns(tables)
    labelled = [table for table in tables if table.image and table.label]
    if not labelled:
        return None
    remarks = [*remark_left_out(tables), *remark_unlabelled(labelled)]
    whole = list_place(listing.root) if listing.alone else listing
    found: dict[Split, list[tuple[str, Label]]] = {split: [] for split in SPLITS}
    for table in labelled:
        for split, name, label in _pictures(table, listing.root):
            found[split].append((name, label))
    present = _present(whole, [name for pairs in found.values() for name, _ in pairs], labelled)
    if links := [name for pairs in found.values() for name, _ in pairs if name not in present]:
        remarks.append(f"{len(links):,} left out that are no plain files in the folder, such as {show_names(links, 1)}")
    parts = {split: _part(listing.root, pairs, present) for split, pairs in found.items() if pairs}
    return Found("table", "table", listing.root, parts, one_by_one=True, remarks=tuple(remarks))


def open_tables(listing: Listing, settings: DataSettings) -> list[Table]:
    """All tables in a place."""
    return [open_table(listing, name, settings) for name in listing.with_suffix(*SEPARATED, *LINES, *PARQUET)]


def require_columns(tables: Sequence[Table]) -> None:
    """Raise BadInput for a table that lacks a column."""
    for table in tables:
        require_column(table.image, "paths of the pictures", "image-column", table.columns, table.name)
        require_column(table.label, "labels", "label-column", table.columns, table.name)


def remark_unlabelled(tables: Sequence[Table]) -> Iterator[str]:
    """How many rows of each table are left out since they have no label."""
    for table in tables:
        if missing := sum(as_label(row[table.label or ""]) is None for row in table.rows):
            yield f"{show_count(missing, 'row')} of {show_name(table.name)} without a label left out"


def remark_left_out(tables: Sequence[Table]) -> Iterator[str]:
    """What is left out, as a column is not known."""
    for table in tables:
        if not (table.image and table.label):
            lacking = "labels" if table.image else "pictures"
            yield f"{show_name(table.name)} has no known column of {lacking} and is left out"


def read(found: Found, split: Split) -> Iterator[Picture]:
    """The pictures, in the order of the rows."""
    return read_files(found.root, found.parts[split])


def _part(root: Place, pairs: list[tuple[str, Label]], present: Mapping[str, str]) -> Part:
    kept = [(root / present[name], label) for name, label in pairs if name in present]
    return Part(tuple(path for path, _ in kept), tuple(label for _, label in kept))


def _pictures(table: Table, root: Place) -> Iterator[tuple[Split, str, Label]]:
    """The split, the path from the root on and the label of each row that has a label."""
    column = find_column(table.columns, SPLIT, None)
    whole = split_within(table.name) or "train"
    for number, row in enumerate(table.rows, 1):
        label = as_label(row.get(table.label or ""))
        if label is None:
            continue
        split = split_of(str(row.get(column, ""))) if column else whole
        yield split or whole, _within(table, row.get(table.image or ""), number, root), label


def _within(table: Table, value: Any, number: int, root: Place) -> str:
    """The path of a picture from the root on; BadInput for one that is not below it."""
    top, told = root.as_posix(), str(value).replace("\\", "/")
    path = os.path.normpath(os.path.join(top, os.path.dirname(table.name), told))
    if not value or not path.startswith(f"{top}/"):
        got = f"{show_name(told)} in" if value else "an empty cell in"
        raise BadInput(
            f"Expected pictures below {root} in {table.name}, got {got} row {number} below the names of the columns; "
            "correct the paths, or name a folder that holds both."
        )
    return path.removeprefix(f"{top}/")


def _present(listing: Listing, wanted: Sequence[str], tables: Sequence[Table]) -> dict[str, str]:
    """The files that may be read by the names they have in tables; BadInput for some that are not there."""
    known, linked = set(listing.names), set(listing.leading_out)
    whole = _without_endings([name for name in (*listing.names, *listing.leading_out) if _is_picture(name)])
    files = {name: name if name in known or name in linked else whole.get(name, "") for name in wanted}
    if missing := [name for name, file in files.items() if not file]:
        raise BadInput(
            f"Expected the pictures that {show_names([table.name for table in tables])} names below {listing.root}, "
            f"got none at {show_names(missing, 3)}{_say_similar(missing[0], listing)}; "
            "add them, correct the paths, or move the table away."
        )
    return {name: file for name, file in files.items() if file in known}


def _without_endings(names: Iterable[str]) -> dict[str, str]:
    """The names by what is before their ending, where there is one such name."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(name.rpartition(".")[0], []).append(name)
    return {stem: files[0] for stem, files in found.items() if len(files) == 1}


def _say_similar(missing: str, listing: Listing) -> str:
    """The pictures that may be meant by a name, being in another folder or of another ending."""
    stem = PurePosixPath(missing).stem if _is_picture(missing) else PurePosixPath(missing).name
    similar = [name for name in filter(_is_picture, listing.names) if PurePosixPath(name).stem == stem]
    return f", though there is {show_names(similar, 2)}" if similar else ""


def _is_picture(name: str) -> bool:
    return name.lower().endswith(PICTURES)
