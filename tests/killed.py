"""Flows and commands in processes of their own, which may end themselves with SIGKILL at a moment that has a name."""

import itertools
import multiprocessing
import os
import pkgutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from tenacity import wait_none

TINY = (  # options of a run that takes seconds
    *("--name", "tiny", "--tolerate-collapse", "--data.validation-images", "100", "--gan.batch-size", "16"),
    *("--gan.epoch-images", "500", "--gan.generator-width", "8", "--gan.discriminator-width", "8"),
    *("--dataset.per-class", "9", "--classifier.steps", "6", "--classifier.batch-size", "32"),
    *("--classifier.seeds", "0,1"),
)

# Processes are forked from one that has imported all and computed nothing: after its first call TensorFlow would hang.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    [
        *("flows.synthetic_data", "flows.retrain", "flows.export_dataset", "flows.commands.main"),
        *(
            "prefect.task_engine",
            "gan_core.measures.diversity_in_training",
            "fastapi",
            "graphviz",
            "matplotlib.backends.backend_agg",
        ),
    ]
)


def call(flow: str, *arguments: Any, environment: Mapping[str, object], moment: str = "") -> Any:
    """What a flow such as `flows.retrain:retrain` returned or raised in a process that may be killed at a moment."""
    with ProcessPoolExecutor(1, mp_context=PROCESSES) as pool:
        settings = {name: str(value) for name, value in environment.items()}
        return pool.submit(_called, flow, arguments, settings, moment).result()


def kill(flow: str, *arguments: Any, environment: Mapping[str, object], moment: str) -> None:
    """Call a flow that does not live to return."""
    with pytest.raises(BrokenProcessPool):
        call(flow, *arguments, environment=environment, moment=moment)


class Command:
    """`synthetic-data` at a prompt, in a process that need not import all first."""

    def __init__(self, *arguments: str, folder: Path, environment: Mapping[str, object], moment: str = "") -> None:
        """Start it in `folder`, which also gets a file of what it says on both streams; a moment may kill it."""
        with tempfile.NamedTemporaryFile(dir=folder, prefix="said-", delete=False) as said:
            self.said = Path(said.name)
        settings = {name: str(value) for name, value in environment.items()}
        self.process = PROCESSES.Process(target=_typed, args=(arguments, folder, self.said, settings, moment))
        self.process.start()

    def finish(self, code: int = 0) -> str:
        """What it has said, once it has ended with this code."""
        self.process.join(timeout=240)
        assert self.process.exitcode == code, self.said.read_text()
        return self.said.read_text()

    def stop(self, number: signal.Signals, *, once: Callable[[], object]) -> None:
        """Send it a signal as soon as something has happened."""
        deadline = time.monotonic() + 120
        while not once():
            assert self.process.is_alive() and time.monotonic() < deadline, self.said.read_text()
            time.sleep(0.02)
        assert self.process.pid is not None
        os.kill(self.process.pid, number)


def _typed(arguments: tuple[str, ...], folder: Path, said: Path, environment: dict[str, str], moment: str) -> None:
    with said.open("ab") as output:
        os.dup2(output.fileno(), sys.stdout.fileno())
        os.dup2(output.fileno(), sys.stderr.fileno())
    os.chdir(folder)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # which nohup ignores
    _called("flows.commands.main:main", (arguments,), environment, moment)


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
    from gan_core.gan.training_loop import Game

    whole = Game._orders

    def half(game: Game, labels: Any) -> Iterator[Any]:
        orders = list(whole(game, labels))
        yield from orders[: len(orders) // 2] if game.epoch == 1 else orders
        if game.epoch == 1:
            die()

    patch("gan_core.gan.training_loop.Game._orders", half).start()


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


def in_a_private_reading() -> None:
    """After the private teacher's third gradient was charged, before it is known."""
    from gan_core.privacy.private_teacher import GRADIENT
    from gan_core.privacy.reader import Reader

    whole = Reader.__call__

    def half(reader: Reader, reading: Any, sum_images: Callable[[], Any]) -> Any:
        def fall() -> Any:
            die() if reader.ledger.count(GRADIENT) == 3 else None
            return sum_images()

        return whole(reader, reading, fall)

    patch("gan_core.privacy.reader.Reader.__call__", half).start()


def in_a_private_game() -> None:
    """In the second epoch."""
    from gan_core.gan.matching_game import MatchingGame

    whole = MatchingGame.play

    def half(game: MatchingGame, on_round: Callable[[], None]) -> Iterator[Any]:
        return whole(game, lambda: die() if game.epoch == 1 else on_round())

    patch("gan_core.gan.matching_game.MatchingGame.play", half).start()


def in_the_generation() -> None:
    """With the first images on the disk."""
    from gan_core.images.labelled_images import save_stream

    def first(batches: Iterable[Any]) -> Iterator[Any]:
        yield from itertools.islice(batches, 1)
        die()

    def half(path: Path, batches: Iterable[Any], *, count: int) -> None:
        save_stream(path, first(batches), count=count)

    patch("tasks.training.generate_dataset.save_stream", half).start()


def in_the_promotion() -> None:
    """With the new version in its place and the old one as champion; the challenger is called better."""
    from gan_core.measures.challenger_comparison import Verdict

    replaced = os.replace

    def replace(source: Any, target: Any, **options: Any) -> None:
        if Path(target).name == "champion.json":
            die()
        replaced(source, target, **options)

    patch("os.replace", replace).start()
    better = Verdict(True, "As the test wants it.", {"accuracy": 1.0})
    patch("tasks.registry.challenge.decide", lambda *_, **__: better).start()


def in_a_lesson() -> None:
    """In the fourth of the classifiers that are taught, before it has answered."""
    from gan_core.classifiers import classifier

    whole, lessons = classifier.teach, itertools.count(1)

    def teach(settings: Any, images: Any, seed: int, advance: Callable[[int], None], **options: Any) -> Any:
        fourth = next(lessons) == 4
        return whole(settings, images, seed, lambda steps: die() if fourth else advance(steps), **options)

    patch("gan_core.classifiers.classifier.teach", teach).start()


def at_a_pickle() -> None:
    """Where Prefect would write or read one, which no flow here ever should."""
    for name in ("dumps", "loads"):
        patch(f"prefect.serializers.PickleSerializer.{name}", lambda *_: die()).start()


def without_patience() -> None:
    """Never, but a source is asked again at once."""
    patch("tasks.data.http.WAIT", wait_none()).start()


MOMENTS: dict[str, Callable[[], None]] = {  # in the order of a run
    "epoch": in_an_epoch,
    "checkpoint": in_a_checkpoint,
    "generation": in_the_generation,
    "promotion": in_the_promotion,
}
OTHERS = {
    "lesson": in_a_lesson,
    "pickle": at_a_pickle,
    "impatience": without_patience,
    "private-reading": in_a_private_reading,
    "private-game": in_a_private_game,
}
