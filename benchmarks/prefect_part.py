"""The Prefect part of a run: its import, its server, and what flows and tasks take beside the work; seconds.

    python -m benchmarks.prefect_part --source DIR

Two smoke runs with a home of their own: the first makes Prefect's database, the second finds it. What Prefect's threads
do while the work goes on is not seen.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pandas as pd
from prefect import Flow, Task

from benchmarks.result_table import Result, ResultTable, results_option
from flows.commands import local_server
from flows.commands.main import main as command
from gan_core.files import located

IMPORT = (
    "import time; started = time.perf_counter(); from prefect import flow, task; print(time.perf_counter() - started)"
)
PARTS = "import", "server", "flow and tasks"
ORDER = "a first run", "another run"
WORK, SHARE = "work", "Prefect, share"


class Clock:
    """How long the program was in each of its parts, where one may lie within another."""

    def __init__(self) -> None:
        self.seconds, self.part, self.since = defaultdict[str, float](float), WORK, time.perf_counter()

    @contextlib.contextmanager
    def within(self, part: str) -> Iterator[None]:
        """The block belongs to this part, but for what is within another one."""
        before = self._turn(part)
        try:
            yield
        finally:
            self._turn(before)

    def timed(self, work: Callable[..., Any], part: str) -> Callable[..., Any]:
        """The same function, whose time belongs to this part."""

        @wraps(work)
        def timed(*arguments: Any, **options: Any) -> Any:
            with self.within(part):
                return work(*arguments, **options)

        return timed

    def _turn(self, part: str) -> str:
        now, before = time.perf_counter(), self.part
        self.seconds[before] += now - self.since
        self.part, self.since = part, now
        return before


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
    imported = [float(subprocess.check_output([sys.executable, "-c", IMPORT])) for _ in range(3)]
    with TemporaryDirectory() as home, contextlib.chdir(home):
        os.environ.update(PREFECT_HOME=str(Path(home, "prefect")), XDG_CACHE_HOME=str(Path(home, "cache")))
        table = pd.DataFrame([run(options, seed) for seed in range(len(ORDER))], index=ORDER)
    table["import"], table["the whole run"] = min(imported), table["the whole run"] + min(imported)
    table["Prefect in all"] = table[[*PARTS]].sum(axis=1)
    table[SHARE] = 100 * table["Prefect in all"] / table["the whole run"]
    print(table.to_string(float_format="{:.2f}".format))
    results.append(found(chosen.experiment, table))


def run(options: list[str], seed: int) -> dict[str, float]:
    """The seconds of a run's parts."""
    clock = Clock()
    started = time.perf_counter()
    with timed(clock):
        try:
            command(["run", *options, "--seed", str(seed)])
        except SystemExit as ended:
            if ended.code:
                raise
    parts = {part: clock.seconds[part] for part in PARTS if part != "import"}
    return parts | {"the whole run": time.perf_counter() - started}


@contextlib.contextmanager
def timed(clock: Clock) -> Iterator[None]:
    """Within the block the clock is told when Prefect begins and when the work does."""
    server = local_server.server

    @contextlib.contextmanager
    def timed_server() -> Iterator[None]:
        with clock.within("server"), server(), clock.within(WORK):
            yield

    def timed_call(call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def called(flow_or_task: Any, *arguments: Any, **options: Any) -> Any:
            work = clock.timed(flow_or_task.fn, WORK)
            with patch.object(flow_or_task, "fn", work), clock.within("flow and tasks"):
                return call(flow_or_task, *arguments, **options)

        return called

    with (
        patch.object(local_server, "server", timed_server),
        patch.object(local_server, "import_meanwhile", clock.timed(local_server.import_meanwhile, WORK)),
        patch.object(Flow, "__call__", timed_call(Flow.__call__)),
        patch.object(Task, "__call__", timed_call(Task.__call__)),
    ):
        yield


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
