"""Progress of long errands: a bar on a terminal, an artifact in Prefect."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar, cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

CONSOLE = Console(stderr=True, highlight=False)
STEP = 5.0  # percent between two updates of the artifact
TOLD = 100  # items between two updates of the bar

Item = TypeVar("Item")


@contextmanager
def progress(description: str, key: str, total: int, done: int = 0) -> Iterator[Callable[[int], None]]:
    """Show progress while the block runs; it calls what it gets with the number of steps just done."""
    artifact = cast(UUID, create_progress_artifact(progress=0.0, key=key, description=description))
    shown = 0.0
    with progress_bar(description, total, done) as move:

        def advance(steps: int) -> None:
            nonlocal done, shown
            done += steps
            move(steps)
            percent = 100.0 * done / total
            if percent >= shown + STEP or done >= total:
                update_progress_artifact(artifact, progress=percent)
                shown = percent

        advance(0)
        yield advance


@contextmanager
def progress_bar(description: str, total: int | None, done: int = 0) -> Iterator[Callable[[int], None]]:
    """Show a bar on a terminal while the block runs, which tells the steps just done; the total may be unknown."""
    columns = TextColumn(f"{description:<28}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    with Progress(*columns, console=CONSOLE, transient=True, disable=CONSOLE.quiet or not CONSOLE.is_terminal) as bar:
        line = bar.add_task(description, total=total, completed=done)
        yield lambda steps: bar.advance(line, steps)


def watched(items: Iterable[Item], advance: Callable[[int], None]) -> Iterator[Item]:
    """The items, each few of which are told to a progress bar."""
    for number, item in enumerate(items, 1):
        if number % TOLD == 0:
            advance(TOLD)
        yield item
