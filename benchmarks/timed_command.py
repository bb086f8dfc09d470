"""How long one command of synthetic-data is in Prefect's parts of it; seconds, as JSON.

    python -m benchmarks.timed_command run --experiment smoke

It imports no more than the command does, so that what is imported while the server starts is imported then. What
Prefect's threads do while the work goes on is not seen.
"""

import contextlib
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any
from unittest.mock import patch

from prefect import Flow, Task

from flows.commands import local_server
from flows.commands.main import main as command

SERVER, MEANWHILE, CALLS, WORK = "server", "import meanwhile", "flow and tasks", "work"
PARTS = SERVER, MEANWHILE, CALLS
WHOLE = "the whole run"


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
    print(json.dumps(run(sys.argv[1:])))


def run(arguments: list[str]) -> dict[str, float]:
    """The seconds of the parts of one command."""
    clock = Clock()
    started = time.perf_counter()
    with timed(clock):
        try:
            with contextlib.redirect_stdout(sys.stderr):
                command(arguments)
        except SystemExit as ended:
            if ended.code:
                raise
    return {part: clock.seconds[part] for part in PARTS} | {WHOLE: time.perf_counter() - started}


@contextlib.contextmanager
def timed(clock: Clock) -> Iterator[None]:
    """Within the block the clock is told when Prefect begins and when the work does."""
    server = local_server.server

    @contextlib.contextmanager
    def timed_server() -> Iterator[None]:
        with clock.within(SERVER), server(), clock.within(WORK):
            yield

    def timed_call(call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def called(flow_or_task: Any, *arguments: Any, **options: Any) -> Any:
            work = clock.timed(flow_or_task.fn, WORK)
            with patch.object(flow_or_task, "fn", work), clock.within(CALLS):
                return call(flow_or_task, *arguments, **options)

        return called

    with (
        patch.object(local_server, "server", timed_server),
        patch.object(local_server, "import_tensorflow", clock.timed(local_server.import_tensorflow, MEANWHILE)),
        patch.object(Flow, "__call__", timed_call(Flow.__call__)),
        patch.object(Task, "__call__", timed_call(Task.__call__)),
    ):
        yield


if __name__ == "__main__":
    main()
