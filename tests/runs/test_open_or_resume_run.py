"""A run that is opened again goes on with what is whole in it; what is damaged is made again, never handed out."""

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gan_core.config import STANDARD
from gan_core.files import save_arrays, write_frame, write_text
from tasks.runs.open_or_resume_run import open_run
from tasks.runs.run_folder import Run


@pytest.fixture
def finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("SYNTHETIC_DATA_RUNS", str(tmp_path))
    with open_run(STANDARD, "data") as run:
        for file in (run.generator, run.synthetic):
            save_arrays(file, {"images": np.arange(1_000)})
        for file in (run.history, run.frame):
            write_frame(pd.DataFrame({"epoch": range(100)}), file)
        write_text(run.headline, "headline\n")
        write_text(run.report, "<html></html>")
    return run


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def turn_a_bit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def scribble(file: Path) -> None:
    file.write_bytes(b"x")


def test_a_finished_run_that_is_whole_is_found_as_it_is(finished: Run) -> None:
    with open_run(STANDARD, "data", finished=True) as run:
        assert run.folder == finished.folder
        assert run.is_complete()


@pytest.mark.parametrize("damage", [cut, turn_a_bit, scribble])
@pytest.mark.parametrize("name", ["synthetic.npz", "generator/generator.npz", "history.parquet", "report.parquet"])
def test_what_is_damaged_is_named_and_left_to_be_made_again(
    finished: Run, name: str, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    if name.endswith(".parquet") and damage is turn_a_bit:
        pytest.skip("Parquet files have no checksums here")
    damage(Path(str(finished.folder), name))
    with caplog.at_level(logging.WARNING), open_run(STANDARD, "data", finished=True) as run:
        assert not (run.folder / name).exists()
        assert not run.is_complete()
    assert name in caplog.text


def test_a_page_that_was_cut_is_made_again_and_nothing_else(finished: Run) -> None:
    scribble(Path(str(finished.report)))
    with open_run(STANDARD, "data", finished=True) as run:
        assert not run.report.exists()
        assert all(file.exists() for file in (run.generator, run.synthetic, run.history, run.frame))
