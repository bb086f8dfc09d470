"""Laws of what a cached thing depends on: the rooms that shape it, and no comment, docstring or page."""

import shutil
from pathlib import Path

import pytest

from gan_core import provenance
from gan_core.config import STANDARD
from gan_core.provenance import EXPORT, ROOT, TEACHING, TRAINING, digest, identify, program_digest, source_digest

KINDS = (TRAINING, TEACHING, EXPORT)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A copy of the science's source, to be edited."""
    return Path(shutil.copytree(ROOT, tmp_path / "gan_core", ignore=shutil.ignore_patterns("__pycache__")))


def append(file: Path, text: str) -> None:
    file.parent.mkdir(exist_ok=True)
    with file.open("a", encoding="utf-8") as opened:
        opened.write(text)


def changed_by(source: Path, name: str, text: str) -> list[bool]:
    """Whether an edit changes the digest of a training, a taught classifier and an export."""
    before = [source_digest(source, places) for places in (TRAINING, TEACHING, EXPORT)]
    append(source / name, text)
    return [
        source_digest(source, places) != old for places, old in zip((TRAINING, TEACHING, EXPORT), before, strict=True)
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gan/training_loop.py", [True, True, True]),
        ("gan/below/new.py", [True, True, True]),
        ("images/labelled_images.py", [True, True, True]),
        ("compute/adam.py", [True, True, True]),
        ("classifiers/classifier.py", [False, True, False]),
        ("formats/npz.py", [False, False, True]),
        ("exports/encode_png.py", [False, False, True]),
        ("parsing/idx_arrays.py", [False, False, True]),
        ("sources/class_names.py", [False, False, False]),
        ("pages/run_page.py", [False, False, False]),
        ("files.py", [False, False, False]),
    ],
)
def test_an_edit_changes_what_its_room_shapes(source: Path, name: str, expected: list[bool]) -> None:
    assert changed_by(source, name, "\nANSWER = 42\n") == expected


@pytest.mark.parametrize("text", ["\n# a comment\n", "\n\n\n"])
def test_a_comment_changes_nothing(source: Path, text: str) -> None:
    assert changed_by(source, "gan/training_loop.py", text) == [False, False, False]


def test_a_docstring_changes_nothing(source: Path) -> None:
    file = source / "gan" / "losses.py"
    before = source_digest(source, TRAINING)
    text = file.read_text("utf-8")
    assert text.startswith('"""')
    file.write_text(text.replace('"""', '"""Other words. ', 1), "utf-8")
    assert source_digest(source, TRAINING) == before


def test_every_room_exists_and_the_digest_is_that_of_the_source() -> None:
    for places in (TRAINING, TEACHING, EXPORT):
        assert all((ROOT / place).exists() for place in places)
    assert program_digest(TRAINING) != program_digest(TEACHING) != program_digest(EXPORT)
    assert len(source_digest(ROOT, TRAINING)) == 64


def test_a_digest_tells_the_order_and_the_borders_of_its_parts_apart() -> None:
    assert len({digest("a", "b"), digest("b", "a"), digest("ab"), digest(["a", "b"]), digest("a", "b", None)}) == 5


def test_an_update_below_a_running_program_does_not_change_what_it_says_of_itself(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provenance, "ROOT", source)
    program_digest.cache_clear()
    identify(STANDARD, "data")
    before = program_digest(TEACHING)
    (source / "classifiers" / "classifier.py").write_text("ANSWER = 42\n", "utf-8")
    assert program_digest(TEACHING) == before
    program_digest.cache_clear()
    assert program_digest(TEACHING) != before
    program_digest.cache_clear()
