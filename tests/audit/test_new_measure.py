"""The law of the list: a measure that stands in it is wherever there is a figure of it, and needs no other line."""

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from finished import CLASSES, NAMES, SOUND, examination, finished_run

from flows.commands.compare import compare
from gan_core.audit import measures
from gan_core.audit.measures import name_figures, with_figures
from gan_core.audit.record import Audit, from_json, to_json
from gan_core.config import STANDARD
from gan_core.files import write_frame
from gan_core.measures.challenger_comparison import decide
from gan_core.measures.manifold import COVERAGE
from gan_core.measures.measure import Figure, Measure, build_measures_frame
from gan_core.pages.tables import measure_tables
from gan_core.provenance import Provenance
from gan_core.reports.metrics_page import render_metrics
from gan_core.reports.run_table import build_run_frame
from gan_core.reports.sweep_table import add_validation_columns, build_sweep_frame
from tasks.registry import events
from tasks.registry.records import Record

SHINE = Measure(
    name="shine",
    title="Shine of the images",
    aspect="diverse",
    meaning="How they shine.",
    direction="higher is better",
    chance="0",
    source="a paper",
)
FIGURES = [
    Figure(SHINE, "real", 0.9, 0.8, 1.0),
    Figure(SHINE, "synthetic", 0.5, 0.4, 0.6),
    Figure(SHINE, "synthetic", 0.1, group="a class"),
    Figure(SHINE, "synthetic", 0.2, seed=3),
]
NAMED = {"shine": 0.5, "shine_low": 0.4, "shine_high": 0.6}


@pytest.fixture(autouse=True)
def _listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one line."""
    monkeypatch.setattr(measures, "MEASURES", (*measures.MEASURES, SHINE))


def test_it_is_in_the_audit_and_its_tables() -> None:
    assert list(map(str, from_json(to_json(Audit((), tuple(FIGURES)))).figures)) == list(map(str, FIGURES))
    [table] = measure_tables(FIGURES)
    assert [row.measure for row in table.rows] == [SHINE] and table.sets == ["real", "synthetic"]


def test_it_is_in_the_frame_of_a_sweep() -> None:
    taught = [examination("real", 0.9), examination("synthetic", 0.8)]
    made_by = Provenance("run", "a", "b", "c", "d", {}, "float32")
    report = build_run_frame(taught, examination("real", 0.95), made_by, CLASSES)
    validated = add_validation_columns(report, SOUND, 1.0, FIGURES)
    frame = build_sweep_frame([STANDARD, STANDARD.model_copy(update={"seed": 1})], [validated, "It failed."])
    assert frame.groupby("taught_by")[list(NAMED)].first().to_dict("index") == {
        "real": {"shine": 0.9, "shine_low": 0.8, "shine_high": 1.0},
        "synthetic": NAMED,
    }
    assert frame.outcome.tolist() == [*["sound"] * 6, "failed"] and frame.coverage[:6].eq(SOUND.coverage).all()


def test_it_is_in_the_history_and_on_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNTHETIC_DATA_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("SYNTHETIC_DATA_MODELS", str(tmp_path / "models"))
    first, second = (finished_run(tmp_path / "runs", name, STANDARD, 0.8) for name in NAMES[:2])
    write_frame(build_measures_frame(FIGURES), first.measures)
    compare()
    frame = pd.read_parquet(tmp_path / "runs" / "history.parquet")
    synthetic = frame[frame.taught_by == "synthetic"].groupby("name").first()
    assert synthetic.loc[first.id, list(NAMED)].to_dict() == NAMED
    assert synthetic.loc[[second.id], "shine"].isna().all()
    page = (tmp_path / "runs" / "history.html").read_text()
    assert SHINE.title in page and ">50.0 %</td>" in page


def test_it_is_in_the_record_of_a_version_and_in_the_events(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(events, "emit_event", lambda event, **parts: sent.append(parts["payload"]["figures"]))
    verdict = decide(0.8, None, faults=[], measured=with_figures({}, FIGURES, sampled=vars(SOUND)), standard_errors=2)
    facts = {"version": "v0002", "when": "", "who": "me", "run_id": "run", "data_digest": "", "champion": None}
    record = Record.model_validate(
        {**facts, "decision": "promoted", "reason": "Why.", "figures": verdict.figures, "digests": {}}
    )
    events.emit_decision(record)
    events.emit_collapse("a-run", SOUND, FIGURES)
    assert all(NAMED.items() <= figures.items() for figures in (record.figures, *sent)) and len(sent) == 2
    assert all(figures["coverage"] == SOUND.coverage for figures in sent)


def test_what_the_set_has_stands_before_what_a_sample_had() -> None:
    figures = [*FIGURES, Figure(COVERAGE, "synthetic", 0.8, 0.7, 0.9)]
    found = with_figures({"kind": "run"}, figures, sampled=vars(SOUND) | {"shine": 0.3})
    assert found["coverage"] == 0.8 != SOUND.coverage and found["shine"] == 0.5 and found["kind"] == "run"
    assert found["manifold_recall"] == SOUND.manifold_recall


def test_what_is_known_stays_and_what_is_no_number_is_left_out() -> None:
    assert with_figures({"shine": 0.3}, FIGURES) == {"shine": 0.3}
    assert name_figures([Figure(SHINE, "synthetic", 0.5)]) == {"shine": 0.5}
    assert name_figures([Figure(SHINE, "synthetic", math.nan)]) == name_figures(FIGURES[2:]) == {}


def test_what_is_of_no_teaching_set_counts_as_the_synthetic_ones() -> None:
    ruler = [Figure(SHINE, "the ruler", 0.5, 0.4, 0.6)]
    assert name_figures(ruler) == NAMED and name_figures(ruler, "both") == {}


def test_it_is_on_the_page_of_metrics() -> None:
    assert f"### {SHINE.title} (`shine`)" in render_metrics()
