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
from unittest.mock import patch

import pytest
from tenacity import wait_none

# Processes are forked from one that has imported all and computed nothing: after its first call TensorFlow would hang.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["flows.synthetic_data", "flows.retrain", "prefect.task_engine", "gan_core.probe"])


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
    prefect: dict[str, str | None] = {name: value for name, value in environment.items() if name.startswith("PREFECT_")}
    prefect |= {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": None}  # its thread takes a second to end
    if moment:
        (MOMENTS | OTHERS)[moment]()
    with temporary_settings(prefect):
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

    patch("gan_core.game.Game._orders", half).start()


def in_a_checkpoint() -> None:
    """With half of the second one on the disk."""
    import numpy as np

    whole = np.savez

    def half(file: Any, **arrays: Any) -> None:
        whole(file, **arrays)
        if "checkpoint" in str(file.name) and arrays["epoch"] == 2:
            file.truncate(file.tell() // 2)
            die()

    patch("numpy.savez", half).start()


def in_the_generation() -> None:
    """With the first images on the disk."""
    from gan_core.images import save_stream

    def first(batches: Iterable[Any]) -> Iterator[Any]:
        yield from itertools.islice(batches, 1)
        die()

    def half(path: Path, batches: Iterable[Any], *, count: int) -> None:
        save_stream(path, first(batches), count=count)

    patch("tasks.generate_dataset.save_stream", half).start()


def in_the_promotion() -> None:
    """With the new version in its place and the old one as champion; the challenger is called better."""
    from gan_core.contest import Verdict

    replaced = os.replace

    def replace(source: Any, target: Any, **options: Any) -> None:
        if Path(target).name == "champion.json":
            die()
        replaced(source, target, **options)

    patch("os.replace", replace).start()
    better = Verdict(True, "As the test wants it.", {"accuracy": 1.0})
    patch("tasks.challenge.decide", lambda *_, **__: better).start()


def at_a_pickle() -> None:
    """Where Prefect would write or read one, which no flow here ever should."""
    for name in ("dumps", "loads"):
        patch(f"prefect.serializers.PickleSerializer.{name}", lambda *_: die()).start()


def without_patience() -> None:
    """Never, but a source is asked again at once."""
    patch("tasks.fetch.WAIT", wait_none()).start()


MOMENTS: dict[str, Callable[[], None]] = {
    "epoch": in_an_epoch,
    "checkpoint": in_a_checkpoint,
    "generation": in_the_generation,
    "promotion": in_the_promotion,
}
OTHERS = {"pickle": at_a_pickle, "impatience": without_patience}
