"""The Prefect part of a run: its import, its server, and what flows and tasks take beside the work; seconds.

    python -m benchmarks.prefect_part --source DIR

Two smoke runs with a home of their own: the first makes Prefect's database, the second finds it. TensorFlow is imported
while the server starts: what this import takes longer than alone counts as the server's.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from benchmarks.result_table import Result, ResultTable, results_option
from benchmarks.timed_command import CALLS, MEANWHILE, SERVER, WHOLE
from gan_core.files import located

TIMED = "import time; started = time.perf_counter(); {}; print(time.perf_counter() - started)"
IMPORT = TIMED.format("from prefect import flow, task")
IMPORT_TENSORFLOW = "import flows.synthetic_data; " + TIMED.format("import tensorflow")
ORDER = "a first run", "another run"
SHARE = "Prefect, share"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", help="images; looked for, and downloaded, if not given")
    parser.add_argument("--experiment", default="smoke")
    parser.add_argument(
        "more", nargs="*", metavar="--OPTION VALUE", help="further ones of synthetic-data run, after --"
    )
    results_option(parser)
    chosen = parser.parse_args()
    results = ResultTable("speed", chosen.results)
    options = ["--experiment", chosen.experiment, *chosen.more]
    if chosen.source:
        options += ["--source", str(located(chosen.source).resolve())]
    with TemporaryDirectory() as home:
        table = pd.DataFrame([run(options, seed, Path(home)) for seed in range(len(ORDER))], index=ORDER)
    imported, tensorflow = least_seconds(IMPORT), least_seconds(IMPORT_TENSORFLOW)
    table[SERVER] = table[SERVER] + (table.pop(MEANWHILE) - tensorflow)
    table["import"], table[WHOLE] = imported, table[WHOLE] + imported
    table["Prefect in all"] = table[["import", SERVER, CALLS]].sum(axis=1)
    table[SHARE] = 100 * table["Prefect in all"] / table[WHOLE]
    print(table.to_string(float_format="{:.2f}".format))
    results.append(found(chosen.experiment, table))


def run(options: list[str], seed: int, home: Path) -> dict[str, float]:
    """The seconds of the parts of a run, which is a process of its own."""
    homes = {"PREFECT_HOME": str(home / "prefect"), "XDG_CACHE_HOME": str(home / "cache")}
    timed = [sys.executable, "-m", "benchmarks.timed_command", "run", *options, "--seed", str(seed)]
    runs = {"SYNTHETIC_DATA_RUNS": str(home / "runs"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    return dict(json.loads(subprocess.check_output(timed, env=os.environ | homes | runs)))


def least_seconds(script: str) -> float:
    """What the script prints, the least of three times."""
    return min(float(subprocess.check_output([sys.executable, "-c", script])) for _ in range(3))


def found(experiment: str, table: pd.DataFrame) -> list[Result]:
    """The rows of the table."""
    setting = f"the Prefect part of a run, {experiment}"
    return [
        Result(setting, f"{run}, {part}", "share of the run, %" if part == SHARE else "seconds", float(value))
        for run, row in table.iterrows()
        for part, value in row.items()
    ]


if __name__ == "__main__":
    main()
