"""What the benchmarks have measured: tables in benchmarks/results, which each run adds its rows to."""

import argparse
import csv
import io
import os
import platform
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from gan_core.compute.precision import gpu_names, native
from gan_core.errors import BadInput
from gan_core.files import atomic_write, read_text

HERE = Path(__file__).parent
RESULTS = HERE / "results"
MEASURED = "setting", "case", "measure", "seeds", "value", "spread"
COLUMNS = (*MEASURED, "machine", "date", "commit", "command")
PROGRAM = "flows", "gan_core", "tasks", "benchmarks/*.py"  # what a commit must hold to be the one that was measured
PLACES = "--source", "--results"  # options whose values are paths of one machine


@dataclass(frozen=True)
class Result:
    """One measured value; the spread is a standard deviation over the seeds, or over the turns where there are none."""

    setting: str  # what holds for all cases of a table
    case: str
    measure: str  # with its unit
    value: float
    spread: float | None = None
    seeds: int | None = None  # of the classifiers, where the value is their mean


class ResultTable:
    """The file of a benchmark, with the machine, date, commit and command of this run, which it knows from the start.

    Raises BadInput, before anything is measured, for a file with other columns.
    """

    def __init__(self, name: str, folder: Path = RESULTS) -> None:
        self.path = folder / f"{name}.csv"
        self.made = machine(), datetime.now(UTC).date().isoformat(), commit(), command(sys.argv)
        self._text()
        folder.mkdir(parents=True, exist_ok=True)

    def append(self, results: Iterable[Result]) -> None:
        """Add a row for each result, all of them or none."""
        rows = [_line((*_cells(result), *self.made)) for result in results]
        with atomic_write(self.path) as file:
            file.write((self._text() + "".join(rows)).encode())

    def _text(self) -> str:
        header = _line(COLUMNS)
        text = read_text(self.path) if self.path.exists() else header
        if not text.startswith(header):
            raise BadInput(f"Expected the columns {header.strip()} in {self.path}, got others; move that file away.")
        return text


def results_option(parser: argparse.ArgumentParser) -> None:
    """Give a benchmark the option that names the folder of its table."""
    parser.add_argument("--results", type=Path, default=RESULTS, help="the folder whose table gets the results")


def machine() -> str:
    """The processor's model, its cores, the GPUs, and the arithmetic that they are fast in."""
    arithmetic = "bfloat16" if native() == "mixed_bfloat16" else "float32"
    return ", ".join([_processor(), f"{os.cpu_count()} cores", *gpu_names(), arithmetic])


def commit() -> str:
    """The commit that is measured, with `+changes` where the program differs from it; empty where Git knows none."""
    if not shutil.which("git") or (named := _git("rev-parse", "--short", "HEAD")).returncode:
        return ""
    changed = _git("diff", "--quiet", "HEAD", "--", *PROGRAM).returncode
    return named.stdout.strip() + ("+changes" if changed else "")


def command(argv: list[str]) -> str:
    """The command that was typed, without the places of this machine."""
    shown, rest = [], iter(argv[1:])
    for argument in rest:
        if argument in PLACES:
            next(rest, None)
        elif not argument.startswith(tuple(f"{option}=" for option in PLACES)):
            shown.append(argument)
    return shlex.join(["python", "-m", f"benchmarks.{Path(argv[0]).stem}", *shown])


def _cells(result: Result) -> list[str]:
    numbers = ["" if number is None else _number(number) for number in (result.value, result.spread)]
    return [result.setting, result.case, result.measure, "" if result.seeds is None else str(result.seeds), *numbers]


def _number(number: float) -> str:
    """Five digits, as no benchmark tells more; nothing for what is no number."""
    return "" if np.isnan(number) else np.format_float_positional(number, 5, fractional=False, trim="-")


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    lines = read_text(described).splitlines() if described.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _git(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], cwd=HERE.parent, capture_output=True, text=True, check=False)
