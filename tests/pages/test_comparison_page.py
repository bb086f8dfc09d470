"""Laws of the page of two runs: it has the figures and pictures of both, and says what changed."""

import re
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from finished import FLAT, NAMES, finished_run
from reported import (
    CLASSES,
    PROVENANCE,
    audited_checks,
    audited_figures,
    save_audit,
    save_pictures,
    trial,
    whole_page,
)

from flows.commands.compare import compare
from gan_core.audit.check import Check
from gan_core.audit.measures import by_name
from gan_core.audit.record import Audit, to_json
from gan_core.config import CLASSIC, STANDARD, GanSettings
from gan_core.files import write_frame, write_text
from gan_core.measures.measure import Figure, build_measures_frame
from gan_core.pages.comparison_page import ComparedRun, render
from gan_core.pages.html_page import SCRIPT_HASH
from gan_core.reports.history_table import build_history_frame, summarise_entries
from gan_core.reports.run_table import build_run_frame, summarise_frame, summarise_results
from tasks.registry.model_registry import ModelRegistry
from tasks.reports.gather_history import find_entries, read_entries
from tasks.runs.run_folder import Run


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two finished runs, the second collapsed, with a mosaic each and a grid of the first."""
    monkeypatch.setenv("SYNTHETIC_DATA_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("SYNTHETIC_DATA_MODELS", str(tmp_path / "models"))
    changed = STANDARD.model_copy(update={"seed": 7, "gan": GanSettings(epochs=4)})
    first = finished_run(tmp_path / "runs", NAMES[0], STANDARD, 0.85)
    second = finished_run(tmp_path / "runs", NAMES[1], changed, 0.3, seen=FLAT)
    pictures = save_pictures(tmp_path)
    for run, picture in ((first, pictures[0]), (second, pictures[1])):
        run.grids.mkdir(parents=True)
        run.mosaic.write_bytes(picture.read_bytes())
    first.grid(2).write_bytes(pictures[2].read_bytes())
    return tmp_path / "runs"


def words_in(html: str) -> str:
    return " ".join(
        unescape(re.sub(r"<style.*?</style>|<script.*?</script>|<[^>]+>", " ", html, flags=re.DOTALL)).split()
    )


def written(runs: Path, *names: str) -> str:
    compare(*names, out=str(runs.parent / "out"))
    return (runs.parent / "out" / "comparison.html").read_text("utf-8")


def test_two_runs_have_a_page_with_the_figures_and_pictures_of_both(runs: Path) -> None:
    html = written(runs, NAMES[0], NAMES[1])
    said = words_in(html)

    assert {path.name for path in (runs.parent / "out").iterdir()} == {
        *("comparison.html", "history.parquet", "history.csv"),
    }
    assert f"A is {NAMES[0]} , standard" in said and f"B is {NAMES[1]} , standard" in said
    assert "taught by synthetic 85.10 ± 0.10 30.10 ± 0.10 \N{MINUS SIGN}55.00" in said
    assert "taught by real 90.10 ± 0.10 90.10 ± 0.10 +0.00" in said
    assert html.count("<img") == 3 and "Synthetic beside real images, run B" in html
    assert "bag 90.1 90.1 85.1 30.1 91.1 91.1" in said


def test_the_page_says_what_changed_and_how_to_make_both_again(runs: Path) -> None:
    said = words_in(written(runs, NAMES[0], NAMES[1]))

    assert "seed 0 7" in said and "gan.epochs 16 4" in said and "keras 3.15 3.16" in said
    assert "A: synthetic-data run B: synthetic-data run --seed 7 --gan.epochs 4" in said


def test_each_question_is_answered_for_both(runs: Path) -> None:
    html = written(runs, NAMES[0], NAMES[1])
    [diverse] = [part for part in re.findall(r"<article.*?</article>", html, re.DOTALL) if "Is it diverse?" in part]
    first, second = words_in(diverse).split(" B ")

    assert "no collapse 90.0 %" in first and "fails 10.0 %" in second and "has collapsed" in second
    assert words_in(diverse).count("What would be good.") == 1


def test_the_page_asks_for_nothing_and_equal_runs_give_equal_pages(runs: Path) -> None:
    html = written(runs, NAMES[0], NAMES[1])
    without_namespaces = re.sub(r'xmlns(:\w+)?="[^"]*"', "", html)

    assert html == written(runs, NAMES[0], NAMES[1])
    assert "http:" not in without_namespaces and "https:" not in without_namespaces
    assert html.count("<script") == 1 and f"script-src '{SCRIPT_HASH}'" in html


def test_one_run_beside_a_version_or_two_others_has_the_page_of_the_history(runs: Path, tmp_path: Path) -> None:
    finished_run(runs, NAMES[2], CLASSIC, 0.5)
    compare(*NAMES, out=str(tmp_path / "three"))
    compare(NAMES[0], out=str(tmp_path / "one"))

    for folder in ("three", "one"):
        assert (tmp_path / folder / "history.html").is_file() and not (tmp_path / folder / "comparison.html").exists()


def test_a_run_of_an_older_program_is_compared_as_far_as_it_is_known(runs: Path) -> None:
    old = runs / NAMES[0]
    report = pd.read_parquet(old / "report.parquet")
    report[["run_id", "taught_by", "seed", "accuracy"]].to_parquet(old / "report.parquet")
    pd.DataFrame([{"epoch": 1}]).to_parquet(old / "history.parquet")
    Run(old).examinations.unlink()
    (old / "experiment.json").write_text('{"name": "ancient", "gan": {"momentum": 0.5}}')
    said = words_in(written(runs, NAMES[0], NAMES[1]))

    assert "ancient" in said and "taught by synthetic 85.10 ± 0.10 30.10 ± 0.10" in said
    assert "B: synthetic-data run" in said and "A: synthetic-data run" not in said and "nan" not in said.split()


def test_the_audit_of_a_run_is_on_the_page(runs: Path) -> None:
    figure = Figure(by_name("copied"), "synthetic", 0.123, 0.1, 0.15)
    check = Check("copies", "Copies", "memorised", "fails", "About an eighth are copies.", (figure,))
    write_text(Run(runs / NAMES[1]).audit, to_json(Audit((check,), ())))
    write_frame(build_measures_frame([figure]), Run(runs / NAMES[1]).measures)
    html = written(runs, NAMES[0], NAMES[1])
    [memorised] = [part for part in re.findall(r"<article.*?</article>", html, re.DOTALL) if "Did it memorise?" in part]

    assert "A · not measured B ✗ fails 12.3 %" in words_in(memorised) and "About an eighth are copies." in html
    assert "B, synthetic" in words_in(html) and "10.0 to 15.0 %" in words_in(html)


def test_figures_and_checks_of_both_are_side_by_side(runs: Path, tmp_path: Path) -> None:
    records, _ = read_entries(find_entries(NAMES[:2], runs, ModelRegistry(tmp_path)), ModelRegistry(tmp_path))
    first, second = (
        ComparedRun(
            entry,
            pd.read_parquet(runs / entry.name / "report.parquet"),
            pd.read_parquet(runs / entry.name / "history.parquet"),
            ("Coat", "Bag"),
            checks=audited_checks(),
            figures=audited_figures(("Coat", "Bag")),
        )
        for entry in summarise_entries(build_history_frame(records))
    )
    said = words_in(render(first, second))

    assert "A, synthetic" in said and "B, real" in said and "Coverage, B, synthetic" in said
    assert said.count("✗ fails 81.2 % 95 % interval 80.0 to 82.4 %") == 2


def test_the_confusions_of_both_are_side_by_side_and_those_of_an_older_run_are_left_out(runs: Path) -> None:
    html = written(runs, NAMES[0], NAMES[1])
    titles = re.findall(r"<h3>((?:taught by|label)[^<]*, [AB])</h3>", html)
    lines = ["taught by real", "taught by synthetic", "taught by both", "label fidelity"]

    assert titles == [f"{line}, {label}" for line in lines for label in "AB"]
    assert "true class coat bag coat 85 15 bag 15 85" in words_in(html) and "coat 30 70 bag 70 30" in words_in(html)
    Run(runs / NAMES[0]).examinations.unlink()
    assert re.findall(r"<h3>taught by both, [AB]</h3>", written(runs, NAMES[0], NAMES[1])) == [
        "<h3>taught by both, B</h3>"
    ]


def test_the_suspicious_pairs_and_the_power_of_each_check_are_those_of_the_run(runs: Path) -> None:
    for name in NAMES[:2]:
        save_audit(Run(runs / name))
    html = written(runs, NAMES[0], NAMES[1])
    alone = whole_page(save_pictures(runs))

    for label in "AB":
        assert len(re.findall(rf'alt="A generated image beside a training image, pair \d+ of {label}"', html)) == 10
        assert f"{label}: Copies: No evidence of copies." in words_in(html)
    [rows] = set(re.findall(r'<table class="power sortable">.*?(<thead>.*?)</table>', html, re.DOTALL))
    assert rows in alone


def test_lines_from_a_frame_are_those_of_the_examinations() -> None:
    taught, fidelity = trial()
    lines = summarise_results(taught, fidelity)
    again = summarise_frame(build_run_frame(taught, fidelity, PROVENANCE, CLASSES))

    assert [(line.name, line.of, line.seeds, line.percent, line.plus_minus, line.points) for line in again] == [
        (line.name, line.of, line.seeds, line.percent, line.plus_minus, line.points) for line in lines
    ]
    assert np.allclose([line.accuracy for line in again], [line.accuracy for line in lines], atol=1e-12)
    assert [line.images for line in again[:-1]] == [line.images for line in lines[:-1]]
