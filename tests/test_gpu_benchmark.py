"""Laws of what measures a GPU: it runs whole on a processor, and ends in one table."""

import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
from conftest import surroundings
from killed import TINY

from benchmarks import gpu
from benchmarks.result_table import COLUMNS, HERE


@pytest.mark.timeout(900)  # eight processes
def test_all_is_measured_on_a_processor_too(tmp_path: Path, tiny_source: Path) -> None:
    small = ("--turns", "1", "--seconds", "0.1", "--width", "4", "--tests", "tests/parsing/test_idx_arrays.py")
    places = ("--source", str(tiny_source), "--results", str(tmp_path))
    own = surroundings(PYTHON=sys.executable, LIMIT=900, XDG_CACHE_HOME=tmp_path / "cache")

    subprocess.run(
        [HERE / "gpu.sh", *small, "--run", shlex.join([*TINY, "--gan.epochs", "1"]), *places], env=own, check=True
    )

    rows = pd.read_csv(tmp_path / "gpu.csv")
    assert tuple(rows.columns) == COLUMNS
    found = rows.set_index(["case", "measure"])["value"]
    for name in gpu.CONTESTANTS:
        absent = name.startswith("PyTorch") and not find_spec("torch")
        assert pd.isna(found[f"4 channels, {name}", "training images/s"]) == absent, name
    assert found["4 channels, this project, mirrored", "drawn images/s"] > 0
    assert found["weights and drawn pictures", "equal bytes: 1, others: 0"] == 1
    assert found["the whole run", "exit code"] == 0 and found["taught by synthetic", "accuracy, %"] > 0
    assert found["all", "tests"] > 0 and found["all", "failures"] == found["all", "errors"] == 0
