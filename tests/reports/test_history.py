"""Laws of the history: every finished run and version is in one frame, what is broken takes nothing else with it."""

import json
import math
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from finished import FLAT, NAMES, SOUND, finished_run

from flows.commands.compare import compare
from gan_core.config import CLASSIC, STANDARD, GanSettings
from gan_core.errors import BadInput
from gan_core.files import write_frame
from gan_core.measures.challenger_comparison import Verdict
from gan_core.measures.measure import Figure, build_measures_frame
from gan_core.pages.html_page import SCRIPT_HASH
from gan_core.reports.history_table import build_history_frame, changes, format_history, neighbours, summarise_entries
from gan_core.worth.curve import EQUIVALENT_REAL_IMAGES
from tasks.registry.model_registry import ModelRegistry
from tasks.registry.records import VersionOrigin
from tasks.reports.gather_history import find_entries, publish_history, read_entries
from tasks.runs.run_folder import Run


def add_version(models: ModelRegistry, verdict: Verdict, seed: int) -> None:
    folder, champion = models.folder.parent, models.champion()
    met = champion.name if champion else None
    experiment = STANDARD.model_copy(update={"seed": seed})
    for name, text in (("generator.npz", "generator"), ("experiment.json", experiment.model_dump_json())):
        (folder / name).write_text(text)
    origin = VersionOrigin("me@here", f"202611{10 + seed:02d}-040000-standard-dddddddd", "d" * 64, met)
    files = {name: folder / name for name in ("generator.npz", "experiment.json")}
    models.add_version(models.next_name(), files, verdict, origin, keep=9)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelRegistry:
    """Two versions, the first of them champion."""
    monkeypatch.setenv("SYNTHETIC_DATA_MODELS", str(tmp_path / "models"))
    models = ModelRegistry(tmp_path / "models")
    add_version(models, Verdict(True, "There was no champion.", {"accuracy": 0.881, "coverage": 0.9}), 1)
    add_version(
        models, Verdict(False, "It teaches no better <b>.", {"accuracy": 0.874, "coverage": 0.8, "gain": -0.007}), 2
    )
    return models


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three finished runs, the last of them collapsed, and latest."""
    monkeypatch.setenv("SYNTHETIC_DATA_RUNS", str(tmp_path / "runs"))
    runs, short = tmp_path / "runs", STANDARD.model_copy(update={"seed": 7, "gan": GanSettings(epochs=4)})
    for name, experiment, share in zip(NAMES, (STANDARD, short, CLASSIC), (0.85, 0.88, 0.3), strict=True):
        finished_run(runs, name, experiment, share, seen=FLAT if share == 0.3 else SOUND)
    (runs / "latest").symlink_to(NAMES[1])
    return runs


def history(runs: Path, models: ModelRegistry, *names: str) -> tuple[pd.DataFrame, list[str]]:
    records, left_out = read_entries(find_entries(names, runs, models), models)
    return build_history_frame(records), left_out


def test_the_frame_has_every_row_of_every_report_and_one_for_each_version(runs: Path, models: ModelRegistry) -> None:
    frame, left_out = history(runs, models)
    assert not left_out
    for name in NAMES:
        report, rows = pd.read_parquet(runs / name / "report.parquet"), frame[frame.name == name]
        columns = ["taught_by", "images", "accuracy", "recall_bag", "label_fidelity"]
        read = rows[columns].reset_index(drop=True).astype({"images": report.images.dtype})
        pd.testing.assert_frame_equal(read, report[columns], check_exact=True)
    versions = frame[frame.kind == "version"]
    assert versions.name.tolist() == ["v0001", "v0002"] and versions.accuracy.tolist() == [0.881, 0.874]
    assert versions.champion.tolist() == [True, False] and versions.gain.tolist()[1] == -0.007


def test_a_run_that_is_named_twice_counts_once_and_is_not_compared_with_itself(
    runs: Path, models: ModelRegistry
) -> None:
    assert [each.folder.name for each in find_entries(("latest", *NAMES[:2]), runs, models)] == [NAMES[1], NAMES[0]]
    with pytest.raises(BadInput, match=f"Expected different runs .* got {NAMES[1]} alone"):
        find_entries(("latest", NAMES[1]), runs, models)


def test_numbers_of_images_are_whole_and_those_of_the_report(runs: Path, models: ModelRegistry) -> None:
    finished_run(runs, NAMES[2], CLASSIC, 0.3, seen=replace(FLAT, images=2_000, worst_class_images=168))
    frame, _ = history(runs, models)
    assert set(frame.images[frame.name == NAMES[2]]) == {55_000}
    *_, collapsed = (line for line in summarise_entries(frame) if line.kind == "run")
    assert "of the 2,000 real images, 0 % of the 168 real images" in collapsed.note


def test_what_was_examined_on_test_images_and_on_validation_images_is_told_apart(
    runs: Path, models: ModelRegistry
) -> None:
    frame, _ = history(runs, models)
    assert set(zip(frame.kind, frame.examined_on, strict=True)) == {("run", "test"), ("version", "validation")}
    assert all(before.kind == after.kind for before, after in neighbours(summarise_entries(frame)))
    above, below = format_history(summarise_entries(frame)).split("\n\n")
    assert "test images" in above and all(name in above and name not in below for name in NAMES)
    assert "validation images" in below and "v0001" in below and "champion" in below


def test_a_line_has_the_mean_and_the_spread_of_the_report(runs: Path, models: ModelRegistry) -> None:
    frame, _ = history(runs, models, NAMES[1])
    [line] = summarise_entries(frame)
    report = pd.read_parquet(runs / NAMES[1] / "report.parquet")
    taught = report[report.taught_by == "synthetic"].accuracy
    assert (line.accuracy["synthetic"], line.spread["synthetic"]) == (taught.mean(), taught.std())
    assert line.started == datetime(2026, 11, 8, 3) and line.experiment == "standard" and not line.note


def test_what_images_are_worth_stands_beside_each_run_that_measured_it(runs: Path, models: ModelRegistry) -> None:
    known = Figure(EQUIVALENT_REAL_IMAGES, "synthetic", 13_870.0, 11_000.0, math.inf)
    write_frame(build_measures_frame([known]), Run(runs / NAMES[1]).measures)
    frame, left_out = history(runs, models)
    assert not left_out and set(frame.worth[frame.name == NAMES[1]]) == {13_870.0}
    told = {line.name: line.worth for line in summarise_entries(frame)}
    assert told[NAMES[1]] == "14,000 (11,000 to more than all)" and told[NAMES[0]] == told["v0001"] == "—"
    page = publish_history(frame, [], models, [], runs).read_text("utf-8")
    assert told[NAMES[1]] in page and told[NAMES[1]] in format_history(summarise_entries(frame))


def test_a_collapse_is_named(runs: Path, models: ModelRegistry) -> None:
    [*_, collapsed] = summarise_entries(history(runs, models, *NAMES)[0])
    assert "collapsed" in collapsed.note and collapsed.coverage == 0.1


def test_only_what_changed_is_named_with_both_values(runs: Path, models: ModelRegistry) -> None:
    first, second, *_ = summarise_entries(history(runs, models)[0])
    told = {change.name: (change.before, change.after) for change in changes(first, second)}
    assert told == {"seed": ("0", "7"), "gan.epochs": ("16", "4"), "keras": ("3.15", "3.16")}
    assert changes(second, second) == []
    assert {(c.name, c.after, c.before) for c in changes(second, first)} == {(n, *both) for n, both in told.items()}


def test_a_changed_program_is_named_where_both_are_known(runs: Path, models: ModelRegistry) -> None:
    path = runs / NAMES[1] / "report.parquet"
    report = pd.read_parquet(path)
    report.assign(program_digest="0" * 64).to_parquet(path)
    first, second, third, *_ = summarise_entries(history(runs, models)[0])
    assert ("program", "f" * 12, "0" * 12) in {(c.name, c.before, c.after) for c in changes(first, second)}
    report.drop(columns="program_digest").to_parquet(path)
    first, second, third, *_ = summarise_entries(history(runs, models)[0])
    assert not {"program"} & {change.name for change in [*changes(first, second), *changes(second, third)]}


def test_an_old_report_without_later_columns_is_in_the_frame(runs: Path, models: ModelRegistry) -> None:
    old = runs / NAMES[0]
    report = pd.read_parquet(old / "report.parquet")
    report[["run_id", "taught_by", "seed", "accuracy"]].to_parquet(old / "report.parquet")
    pd.DataFrame([{"epoch": 1}]).to_parquet(old / "history.parquet")
    (old / "experiment.json").write_text('{"name": "ancient", "gan": {"momentum": 0.5}}')
    frame, left_out = history(runs, models)
    first, second, *_ = summarise_entries(frame)
    assert not left_out and first.experiment == "ancient" and first.accuracy["synthetic"] > 0.8
    assert np.isnan(first.label_fidelity) and np.isnan(first.coverage)
    assert ("gan.momentum", "0.5", "—") in {(c.name, c.before, c.after) for c in changes(first, second)}
    assert (
        "ancient"
        in publish_history(frame, list(neighbours(summarise_entries(frame))), models, left_out, runs).read_text()
    )


def test_an_old_record_without_program_and_libraries_is_in_the_frame(runs: Path, models: ModelRegistry) -> None:
    path = models.folder / "v0001" / "record.json"
    record = json.loads(path.read_text())
    del record["program_digest"], record["versions"]
    path.chmod(0o644)
    path.write_text(json.dumps(record))
    assert {"v0001", "v0002"} <= set(history(runs, models)[0].name)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda run: (run / "report.parquet").unlink(), "unfinished"),
        (lambda run: (run / "report.parquet").rename(run / "validation.parquet"), "part of a sweep"),
        (lambda run: (run / "report.parquet").write_bytes(b"PAR1 and no more"), "cannot be read"),
        (lambda run: pd.DataFrame({"x": [1]}).to_parquet(run / "report.parquet"), "lacks accuracy, taught_by"),
        (lambda run: (run / "experiment.json").write_text("{"), "cannot be read"),
        (lambda run: (run / "history.parquet").unlink(), "cannot be read"),
    ],
)
def test_a_half_or_broken_run_is_left_out_with_a_word(
    runs: Path, models: ModelRegistry, damage: Callable[[Path], object], said: str
) -> None:
    damage(runs / NAMES[1])
    frame, [sentence] = history(runs, models)
    assert sentence.startswith(NAMES[1]) and said in sentence
    assert set(frame.name) == {NAMES[0], NAMES[2], "v0001", "v0002"}


def test_a_broken_champion_leaves_the_runs_and_versions_as_they_are(runs: Path, models: ModelRegistry) -> None:
    models.pointer.file.write_text("{")
    frame, [sentence] = history(runs, models)
    assert "champion.json" in sentence and set(frame.name) == {*NAMES, "v0001", "v0002"} and not frame.champion.any()
    assert publish_history(frame, [], models, [sentence], runs).is_file()


def test_runs_that_cannot_be_read_are_not_said_to_be_none(
    runs: Path, models: ModelRegistry, capsys: pytest.CaptureFixture[str]
) -> None:
    (runs / NAMES[0] / "experiment.json").write_text("{")
    with pytest.raises(BadInput, match="got none that can be compared; mend what is left out above"):
        compare(NAMES[0])
    assert f"left out: {NAMES[0]} cannot be read" in capsys.readouterr().out


def test_a_broken_version_is_left_out_with_a_word(runs: Path, models: ModelRegistry) -> None:
    (models.folder / "v0002" / "record.json").chmod(0o644)
    (models.folder / "v0002" / "record.json").write_text("{}")
    frame, [sentence] = history(runs, models)
    assert sentence.startswith("v0002") and set(frame.name) == {*NAMES, "v0001"}


def test_what_is_named_is_compared_in_that_order(runs: Path, models: ModelRegistry) -> None:
    frame, _ = history(runs, models, "v0002", str(runs / NAMES[2]), "latest", "2", NAMES[1])
    assert frame.name.unique().tolist() == ["v0002", NAMES[2], NAMES[1]]
    with pytest.raises(BadInput, match="got 'nothing'"):
        history(runs, models, "nothing")
    with pytest.raises(BadInput, match="v0001, v0002"):
        history(runs, models, "v0009")


def test_a_password_in_a_source_is_in_no_file(runs: Path, models: ModelRegistry) -> None:
    secret = STANDARD.model_copy(update={"source": "https://me:secret@example.org/data"})
    finished_run(runs, NAMES[0], secret, 0.85)
    compare()
    assert "example.org" in (runs / "history.csv").read_text()
    assert not any(b"secret" in path.read_bytes() for path in runs.glob("history.*"))


def test_the_command_prints_the_table_and_leaves_frame_and_page(
    runs: Path, models: ModelRegistry, capsys: pytest.CaptureFixture[str]
) -> None:
    compare()
    printed = capsys.readouterr().out
    frame = pd.read_parquet(runs / "history.parquet")
    pd.testing.assert_frame_equal(frame, history(runs, models)[0], check_exact=True)
    assert list(pd.read_csv(runs / "history.csv").columns) == list(frame.columns)
    assert f"{NAMES[0]} → {NAMES[1]}: seed 0 → 7; gan.epochs 16 → 4; keras 3.15 → 3.16" in printed
    assert str(runs / "history.html") in printed


def test_the_command_leaves_nothing_where_runs_are_named(
    runs: Path, models: ModelRegistry, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    compare(NAMES[0], NAMES[1])
    assert "gan.epochs 16 → 4" in capsys.readouterr().out and not list(runs.glob("history.*"))
    compare(NAMES[1], "v0001", out=str(tmp_path / "out"))
    assert f"{NAMES[1]} → v0001: seed 7 → 1; gan.epochs 4 → 16\n" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("history.html", "history.parquet", "history.csv"),
    }


def test_without_runs_there_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNTHETIC_DATA_RUNS", str(tmp_path / "none"))
    monkeypatch.setenv("SYNTHETIC_DATA_MODELS", str(tmp_path / "none either"))
    with pytest.raises(BadInput, match="make a run first"):
        compare()


class Page(HTMLParser):
    """The texts of a page by the names of the elements that they stand in, and all attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.links: list[str] = []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attributes if name in ("src", "href", "xlink:href")]
        if tag not in ("meta", "link", "img", "col", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and data.strip():
            self.texts.setdefault(self.open[-1], []).append(data.strip())


def page(runs: Path, models: ModelRegistry) -> str:
    frame, left_out = history(runs, models)
    return publish_history(frame, list(neighbours(summarise_entries(frame))), models, left_out, runs).read_text()


def test_the_page_holds_the_figures_the_champion_the_reigns_and_the_changes(runs: Path, models: ModelRegistry) -> None:
    texts = Page(page(runs, models)).texts
    assert texts["h3"] == ["Runs: accuracy on test images", "Versions: accuracy on validation images"]
    assert "champion v0001" in texts["text"] and "champion v0001" in texts["dt"]
    assert {"taught by real", "taught by synthetic", "promoted", "refused"} <= set(texts["text"])
    assert {*NAMES, "v0001", "v0002"} <= set(texts["code"])
    assert {"88.10", "87.40", "85.10 ± 0.10"} <= set(texts["td"])
    assert "There was no champion." in texts["td"] and "gan.epochs" in texts["th"]


def test_the_page_asks_for_nothing_and_runs_its_own_script_alone(runs: Path, models: ModelRegistry) -> None:
    html = page(runs, models)
    assert all(link.startswith(("data:", "#")) for link in Page(html).links)
    without_namespaces = re.sub(r'xmlns(:\w+)?="[^"]*"', "", html)
    assert "http:" not in without_namespaces and "https:" not in without_namespaces
    assert not re.search(r"<(link|iframe|object)\b|@import|url\((?!#)", html)
    assert html.count("<script") == 1 and f"script-src '{SCRIPT_HASH}'" in html


def test_equal_inputs_give_equal_pages(runs: Path, models: ModelRegistry) -> None:
    assert page(runs, models) == page(runs, models)


def test_the_page_does_without_runs_or_without_versions(runs: Path, models: ModelRegistry) -> None:
    shutil.rmtree(models.folder)
    assert len(Page(page(runs, models)).texts["h3"]) == 1
    models.folder.mkdir()
    add_version(models, Verdict(False, "Why <i>.", {"accuracy": 0.5}), 1)
    for name in NAMES:
        shutil.rmtree(runs / name)
    html = page(runs, models)
    assert Page(html).texts["h3"] == ["Versions: accuracy on validation images"] and "<i>" not in html


def test_a_run_by_another_name_has_no_time_and_no_place_in_the_chart(runs: Path, models: ModelRegistry) -> None:
    for name in NAMES[1:]:
        shutil.rmtree(runs / name)
    (runs / NAMES[0]).rename(runs / "my-best")
    html = page(runs, models)
    assert "my-best" in html and Page(html).texts["h3"] == ["Versions: accuracy on validation images"]
