"""Flows in processes of their own, which may end themselves with SIGKILL at a moment that has a name."""

import itertools
import multiprocessing
import os
import pkgutil
import signal
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

# A server of processes that has imported all and computed nothing: TensorFlow survives a fork only before its first call.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["flows.synthetic_data", "flows.retrain", "gan_core.game", "gan_core.classifier"])


def call(flow: str, *arguments: Any, environment: Mapping[str, object], moment: str = "") -> Any:
    """What a flow such as `flows.retrain:retrain` returned or raised in a process that may be killed at a moment."""
    with ProcessPoolExecutor(1, mp_context=PROCESSES) as pool:
        settings = {name: str(value) for name, value in environment.items()}
        return pool.submit(_called, flow, arguments, settings, moment).result()


def kill(flow: str, *arguments: Any, environment: Mapping[str, object], moment: str) -> None:
    """Call a flow that does not live to return."""
    with pytest.raises(BrokenProcessPool):
        call(flow, *arguments, environment=environment, moment=moment)


def _called(flow: str, arguments: tuple[Any, ...], environment: dict[str, str], moment: str) -> Any:
    from prefect.settings import temporary_settings

    os.environ.update(environment)
    tempfile.tempdir = environment.get("TMPDIR")
    prefect = {name: value for name, value in environment.items() if name.startswith("PREFECT_")}
    if moment:
        MOMENTS[moment]()
    with temporary_settings(prefect):  # type: ignore[arg-type]
        return pkgutil.resolve_name(flow)(*arguments)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def in_an_epoch() -> None:
    """Half-way through the second one."""
    from gan_core.game import Game

    whole = Game._orders

    def half(game: Game, images: int) -> Iterator[Any]:
        orders = list(whole(game, images))
        yield from orders[: len(orders) // 2] if game.epoch == 1 else orders
        if game.epoch == 1:
            die()

    Game._orders = half  # type: ignore[method-assign]


def in_a_checkpoint() -> None:
    """With half of the second one on the disk."""
    import numpy as np

    whole = np.savez

    def half(file: Any, **arrays: Any) -> None:
        whole(file, **arrays)
        if "checkpoint" in str(file.name) and arrays["epoch"] == 2:
            file.truncate(file.tell() // 2)
            die()

    np.savez = half


def in_the_generation() -> None:
    """With the first images on the disk."""
    from tasks import generate_dataset as errand

    whole = errand.save_stream

    def first(batches: Iterable[Any]) -> Iterator[Any]:
        yield from itertools.islice(batches, 1)
        die()

    def half(path: Path, batches: Iterable[Any], *, count: int) -> None:
        whole(path, first(batches), count=count)

    errand.save_stream = half


def in_the_promotion() -> None:
    """With the new version in its place and the old one as champion; the challenger is called better."""
    from gan_core.contest import Verdict
    from tasks import challenge

    replaced = os.replace

    def replace(source: Any, target: Any, **options: Any) -> None:
        if Path(target).name == "champion.json":
            die()
        replaced(source, target, **options)

    os.replace = replace
    challenge.decide = lambda *_, **__: Verdict(True, "As the test wants it.", {"accuracy": 1.0})  # type: ignore[assignment]


MOMENTS: dict[str, Callable[[], None]] = {
    "epoch": in_an_epoch,
    "checkpoint": in_a_checkpoint,
    "generation": in_the_generation,
    "promotion": in_the_promotion,
}
