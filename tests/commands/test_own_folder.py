"""A folder that a user names for a page is the page's own: what others left in it is never written over."""

from pathlib import Path

import pytest

from gan_core.errors import BadInput
from tasks.places import PAGE_MARK, check_own_folder

FILES = "history.html", "history.csv"


def fill(folder: Path, **files: str) -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, "utf-8")
    return folder


def test_a_new_an_empty_and_an_earlier_folder_are_taken(tmp_path: Path) -> None:
    check_own_folder(tmp_path / "new", FILES)
    assert not (tmp_path / "new").exists()
    check_own_folder(fill(tmp_path / "empty"), FILES)
    earlier = fill(tmp_path / "earlier", history_html=f"<head>{PAGE_MARK}", history_csv="name", _DS_Store="")
    check_own_folder(earlier, FILES)


@pytest.mark.parametrize(
    "files",
    [
        {"history_csv": "my,precious"},
        {"history_html": "<head>mine"},
        {"history_html": f"<head>{PAGE_MARK}", "cat_png": ""},
        {"experiment_json": "{}", "history_parquet": ""},
    ],
)
def test_a_folder_with_files_of_others_is_refused_and_stays(tmp_path: Path, files: dict[str, str]) -> None:
    folder = fill(tmp_path / "others", **files)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    with pytest.raises(BadInput, match=r"Expected an empty folder, or one of earlier results, got .* choose another"):
        check_own_folder(folder, FILES)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_what_a_kill_left_is_gone_on_with_where_that_can_be(tmp_path: Path) -> None:
    left = fill(tmp_path / "left", history_csv="name")
    check_own_folder(left, FILES, unfinished=True)
    with pytest.raises(BadInput):
        check_own_folder(left, FILES)
