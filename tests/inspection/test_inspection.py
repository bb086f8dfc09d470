"""Laws of an inspection: each thing that is wrong is found by its name, and in a sound source there is none."""

import io
import re
import shutil
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sources import encode, normalized, write_folder, write_keras_npz
from textures import COPIES, SIDE, textured_images

from flows.commands.main import main
from flows.commands.prefect_settings import PREFECT
from gan_core.config import DataSettings, Experiment, GanSettings
from gan_core.errors import BadInput
from gan_core.inspection.findings import Findings
from gan_core.inspection.forecast import steps_per_epoch
from gan_core.inspection.plan import describe_plan, describe_views
from gan_core.pages.inspection_page import render
from gan_core.reports.inspection_table import build_findings_frame, format_findings
from gan_core.reports.pictures import grid
from tasks.inspection.inspect_source import inspect_source

SETS = {"train": textured_images(90, seed=1), "test": textured_images(30, seed=2)}
TRAIN, TEST = SETS["train"].images, SETS["test"].images
TINY = (
    *("--gan.generator-width", "4", "--gan.discriminator-width", "4", "--gan.batch-size", "4"),
    *("--gan.penalty-interval", "2", "--classifier.steps", "24", "--classifier.batch-size", "16"),
)

Row = tuple[str, str, str]


@pytest.fixture(autouse=True)
def isolated(elsewhere: Path) -> None:
    """No other source is in reach, and runs/ is in an empty folder."""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "source", SETS)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Types `synthetic-data inspect` in this process, and returns its exit code."""
    for name, value in PREFECT.items():
        monkeypatch.setenv(name, value)  # so that what the command sets ends with the test

    def type_in(*arguments: str) -> int:
        with pytest.raises(SystemExit) as ended:
            main(["inspect", "--verbose", *arguments])
        return int(ended.value.code or 0)

    return type_in


def inspected(source: Path, **settings: object) -> Findings:
    return inspect_source(Experiment(source=str(source), data=DataSettings.model_validate(settings)), quick=True)


def add(source: Path, name: str, pixels: np.ndarray) -> None:
    (source / name).write_bytes(encode(pixels))


def rows(findings: Findings) -> set[Row]:
    """What was found, and the two pictures, or the one and why."""
    named = build_findings_frame(findings)[["finding", "picture", "other"]].fillna("")
    return set(named.itertuples(index=False, name=None))


@pytest.fixture
def spoiled(source: Path) -> Path:
    """A source with two equal pictures, two nearly equal ones, a leak of either kind, and two that are unreadable."""
    add(source, "train/owl/again.png", TRAIN[0])
    add(source, "train/cat/pressed.png", COPIES["JPEG 75"](TRAIN[6]))
    add(source, "test/dog/leaked.png", TRAIN[1])
    add(source, "test/dog/lighter.png", COPIES["brighter"](TRAIN[4]))
    (source / "train" / "cat" / "cut.png").write_bytes(encode(TRAIN[9])[:80])
    (source / "train" / "cat" / "page.png").write_bytes(b"<html>")
    return source


FOUND = {
    ("equal", "train/cat/00000000.png", "train/owl/again.png"),
    ("equal", "train/dog/00000001.png", "test/dog/leaked.png"),
    ("near", "train/cat/00000006.png", "train/cat/pressed.png"),
    ("near", "train/dog/00000004.png", "test/dog/lighter.png"),
}


def test_a_sound_source_has_no_findings(source: Path) -> None:
    findings = inspected(source)
    assert not rows(findings) and not [*findings.leaks(), *findings.disagreements()]
    text = format_findings(findings)
    assert text.count(": none") == 5 and not re.search(r"nan|None", text)
    assert render(findings).count("<p>None.</p>") == 5


def test_whatever_is_wrong_is_found_by_its_name_and_nothing_else(spoiled: Path) -> None:
    findings, text = inspected(spoiled), format_findings(inspected(spoiled))
    found = rows(findings)
    assert {row for row in found if row[0] != "unreadable"} == FOUND
    assert sorted(row[1].split(" ")[0] for row in found if row[0] == "unreadable") == [
        "train/cat/cut.png",
        "train/cat/page.png",
    ]
    for name in ("again", "pressed", "leaked", "lighter", "cut", "page"):
        assert f"{name}.png" in text and f"{name}.png" in render(findings)


def test_test_pictures_that_are_learned_from_are_told_apart(spoiled: Path) -> None:
    findings = inspected(spoiled)
    names = findings.collection.names
    assert {(names[leak.first], names[leak.second]) for leak in findings.leaks()} == {
        (first, second) for _, first, second in FOUND if second.startswith("test")
    }
    assert "A run would stop: Expected test images that are not among the training images, got 1 of 32" in " ".join(
        findings.warnings
    )
    assert not [line for line in inspected(spoiled, tolerate_doubts=True).warnings if "would stop" in line]


def test_copies_with_two_labels_are_told_apart(spoiled: Path) -> None:
    findings = inspected(spoiled)
    (differing,) = findings.disagreements()
    assert findings.collection.names[differing.second] == "train/owl/again.png"
    assert "train/cat/00000000.png (cat) = train/owl/again.png (owl)" in format_findings(findings)


def test_copies_that_the_cut_would_put_on_both_sides_are_leaks(tmp_path: Path) -> None:
    """Without test pictures some are held out."""
    source = write_folder(tmp_path / "source", {"train": SETS["train"]}, {"train": "."})
    for number in range(0, 90, 3):
        add(source, f"cat/copy {number}.png", TRAIN[number])
    leaks = [*inspected(source).leaks()]
    assert leaks and all(leak.kind == "equal" for leak in leaks)


@pytest.mark.parametrize("top", [True, False])
def test_each_picture_is_used_as_a_run_uses_it(tmp_path: Path, top: bool) -> None:
    sets = {"train": SETS["train"]} if top else SETS
    source = write_folder(tmp_path / "source", sets, {"train": "."} if top else {})
    those = inspected(source, train_images=40).collection
    for name, images in normalized(source, tmp_path, train_images=40).items():
        used = those.take(np.flatnonzero(those.uses == name).tolist())
        assert sorted(map(bytes, used)) == sorted(map(bytes, images.images))
    assert "unused" in those.uses and len(those) == sum(map(len, sets.values()))


def test_modes_sizes_classes_and_what_is_done_are_said(source: Path) -> None:
    Image.fromarray(TRAIN[0][..., 0]).save(source / "train" / "cat" / "grey.png")
    Image.fromarray(TRAIN[1]).convert("P").resize((50, 40)).save(source / "test" / "cat" / "small.gif")
    text = format_findings(inspected(source, size="16", fit="pad"))
    assert "PNG/GIF folder, 3 classes, 91 train + 31 test, 24x24 to 50x40 scaled and padded to 16x16 RGB" in text
    assert "sizes  24x24 121, 50x40 1" in text and "modes  120 RGB, 1 grey, 1 palette" in text
    assert re.search(r"cat +31 +11\n", text) and re.search(r"dog +30 +10\n", text)


def test_the_page_shows_the_pictures_and_asks_for_nothing_else(spoiled: Path) -> None:
    findings = inspected(spoiled)
    page = render(findings)
    shown = {Image.open(io.BytesIO(b64decode(each))).tobytes() for each in re.findall('base64,(iVB[^"]+)', page)}
    those = findings.collection
    for pair in [*findings.copies, *findings.leaks()]:
        assert grid(those.take([pair.first, pair.second]), 2).tobytes() in shown
    for label in range(3):
        assert grid(those.take(np.flatnonzero(those.labels == label)[:8].tolist()), 8).tobytes() in shown
    assert not re.search(r"(src|href)=\"(?!data:)", page) and page.count("<script") == 1


def test_equal_sources_give_equal_pages(spoiled: Path) -> None:
    assert render(inspected(spoiled)) == render(inspected(spoiled))


def test_names_are_text_on_the_page(source: Path) -> None:
    add(source, "train/cat/<b>&'\"🍏.png", TRAIN[1])
    page = render(inspected(source))
    assert "<b>" not in page and "&lt;b&gt;&amp;&#39;&#34;🍏.png" in page


def test_pictures_in_arrays_are_named_by_their_places(tmp_path: Path) -> None:
    names = ("apple", "pear", "quince")
    sets = {split: textured_images(len(images), 7 + len(images), names) for split, images in SETS.items()}
    images = np.concatenate([sets["train"].images, sets["train"].images[4:5]])
    labels = np.append(sets["train"].labels, sets["train"].labels[4])
    path = write_keras_npz(tmp_path / "arrays", {**sets, "train": type(sets["train"])(images, labels, names)})
    assert rows(inspected(path)) == {("equal", "x_train[4]", "x_train[90]")}


def test_most_pictures_unreadable_is_a_finding_and_all_of_them_is_no_source(source: Path) -> None:
    for place, path in enumerate(sorted(source.glob("*/*/*.png"))):
        if place % 4 == 0:
            path.write_bytes(b"no picture")
    findings = inspected(source)
    assert len(findings.unreadable) == 30 and "A run would stop" in " ".join(findings.warnings)
    for path in source.glob("test/*/*.png"):
        path.write_bytes(b"no picture")
    with pytest.raises(BadInput, match="test pictures that can be read"):
        inspected(source)


def test_the_whole_command_tells_all_and_leaves_page_and_table(
    spoiled: Path, elsewhere: Path, typed: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(str(spoiled), "--seed", "3", "--size", str(SIDE), *TINY) == 0
    told = capsys.readouterr().out
    assert re.search(r"A run would take about [\d.]+ (s|min|h) .*training the GAN", told)
    assert re.search(r"doubtful labels \(quick classifiers agree with \d+ % of all labels.*\): ", told)
    page = Path(told.splitlines()[-1].removeprefix("page  "))
    assert page.parent.parent == elsewhere / "runs" / "inspections" and page.parent.name.startswith("source-")
    assert "Doubtful labels" in page.read_text("utf-8") and "estimate" in page.read_text("utf-8")
    assert {"equal", "near", "unreadable"} <= {*pd.read_csv(page.parent / "findings.csv")["finding"]}
    assert sorted(path.name for path in page.parent.iterdir()) == ["findings.csv", "inspection.html"]


def test_what_is_no_source_is_refused_and_nothing_is_written(
    source: Path, tmp_path: Path, typed: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    (file := tmp_path / "file").write_text("")
    shutil.copytree(source / "train" / "cat", tmp_path / "alone" / "cat")
    for wrong, place, said in (
        (tmp_path / "none", out, "Expected a folder, a file or a URL as source"),
        (tmp_path / "alone", out, "two classes or more"),
        (source, file, "choose another --out"),
        (source, source, "Expected an empty folder"),
    ):
        assert typed(str(wrong), "--quick", "--out", str(place)) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("synthetic-data: Expected") and said in line
    assert not out.exists()


@pytest.mark.parametrize("images", [90, 5_000, 60_000])
def test_the_steps_that_are_told_are_those_that_are_played(images: int) -> None:
    from gan_core.gan.training_loop import Game

    settings = GanSettings(generator_width=4, discriminator_width=4)
    game = Game(settings, images=images, shape=SETS["train"].shape, classes=3, seed=0)
    assert steps_per_epoch(settings, images) == game.rounds * settings.penalty_interval


def test_the_plan_tells_of_views_and_rare_classes() -> None:
    train = SETS["train"].take(np.flatnonzero((SETS["train"].labels != 2) | (np.arange(90) < 9)))
    gan = GanSettings(shift=2, flip=True, balance=1.0)
    plan = " ".join(describe_plan(Experiment(gan=gan), train))
    assert "moved by up to 2 pixels, mirrored half of the time" in plan
    assert "owl, with 3 training images, would be 33.3 % of what is shown in place of 4.8 %" in plan
    assert describe_views(GanSettings()) == "as they are, without augmentation"
