"""Laws of training together: the result is that of one process, one host keeps the books, and none waits in vain."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import striped_images, write_source
from killed import Command, call
from servers import free_port, wait_until

from flows.commands.entry import DEFECT
from gan_core.errors import BadInput
from gan_core.files import load_arrays
from tasks.training import team

RUN = ("run", "--name", "tiny", "--tolerate-collapse", "--worth", "0")
TINY = (
    *("--data.validation-images", "100", "--gan.batch-size", "16", "--gan.generator-width", "4"),
    *(
        "--gan.epoch-images",
        "500",
        "--gan.discriminator-width",
        "4",
        "--dataset.per-class",
        "8",
        "--classifier.steps",
        "4",
    ),
    *("--classifier.batch-size", "32", "--classifier.seeds", "0"),
)


def two_workers() -> list[dict[str, str]]:
    """The environment of each of two workers on loopback."""
    cluster = {"worker": [f"127.0.0.1:{free_port()}" for _ in range(2)]}
    tasks = ({"type": "worker", "index": index} for index in range(2))
    configs = (json.dumps({"cluster": cluster, "task": task}) for task in tasks)
    return [{team.DISTRIBUTE: "workers", "TF_CONFIG": config} for config in configs]


def play(out: Path, environment: dict[str, str], devices: int = 1) -> dict[str, np.ndarray]:
    """The state of the player's game after its last epoch."""
    call("team_player:play", out, devices, environment=environment)
    return load_arrays(out)


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, np.ndarray]]:
    """What became of one game, played by one process, by two devices of a process, and by two workers."""
    folder, first, second = tmp_path_factory.mktemp("states"), *two_workers()
    players = {
        "alone": ({}, 1),
        "mirrored": ({team.DISTRIBUTE: "mirrored"}, 2),
        "chief": (first, 1),
        "follower": (second, 1),
    }
    with ThreadPoolExecutor() as pool:
        games = {name: pool.submit(play, folder / f"{name}.npz", *how) for name, how in players.items()}
        return {name: game.result() for name, game in games.items()}


@pytest.mark.parametrize("together", ["mirrored", "chief"])
def test_a_game_played_together_ends_as_one_played_alone_but_for_rounding(
    states: dict[str, dict[str, np.ndarray]], together: str
) -> None:
    for name, value in states["alone"].items():
        assert np.allclose(states[together][name], value, rtol=1e-4, atol=1e-6), name


def test_both_workers_end_with_the_same_bits(states: dict[str, dict[str, np.ndarray]]) -> None:
    for name, value in states["chief"].items():
        assert np.array_equal(value, states["follower"][name]), name


class Host(Command):
    """A `synthetic-data run` in a process, with caches and runs of its own."""

    def __init__(self, folder: Path, environment: dict[str, str], *arguments: str) -> None:
        folder.mkdir(exist_ok=True)
        self.runs = folder / "runs"
        own = {"XDG_CACHE_HOME": folder / "cache", "SYNTHETIC_DATA_RUNS": self.runs, **environment}
        super().__init__(*RUN, *TINY, *arguments, folder=folder, environment=own)

    def checkpoints(self) -> list[Path]:
        return list(self.runs.glob("*/generator/checkpoint.npz"))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_source(tmp_path / "source", striped_images(600, seed=1), striped_images(200, seed=2))


@pytest.fixture
def hosts() -> Iterator[list[Host]]:
    """To be filled; what runs at the end is killed."""
    started: list[Host] = []
    yield started
    for host in started:
        host.process.kill()
        host.process.join()


def test_a_lost_worker_is_named_and_both_go_on_where_the_chief_stood(
    tmp_path: Path, source: Path, hosts: list[Host], prefect_server: dict[str, str]
) -> None:
    def start(index: int, environment: dict[str, str]) -> Host:
        more = "--source", str(source), "--gan.epochs", "6"
        hosts.append(Host(tmp_path / str(index), prefect_server | environment, *more))
        return hosts[-1]

    chief, follower = map(start, range(2), two_workers())
    wait_until(lambda: chief.checkpoints() or not chief.process.is_alive(), seconds=200)
    follower.process.kill()
    assert "can no longer reach another" in chief.finish(code=DEFECT).splitlines()[-1]
    (checkpoint,) = chief.checkpoints()
    assert load_arrays(checkpoint)["epoch"] < 6

    chief, follower = map(start, range(2), two_workers())
    assert "Going on after epoch" in chief.finish(code=0)
    assert "worker 1 of 2 ends here" in follower.finish(code=0)
    history = pd.read_parquet(chief.runs / "latest" / "history.parquet")
    assert history["epoch"].tolist() == list(range(1, 7)) and set(history["replicas"]) == {2}
    assert "trained by 2 replicas" in (chief.runs / "latest" / "report.html").read_text()
    assert not follower.runs.exists()


@pytest.mark.parametrize(
    ("place", "config", "expected"),
    [
        ("tpu", None, "mirrored or workers"),
        ("workers", None, "TF_CONFIG such as"),
        ("workers", '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}', "own index"),
        (
            "workers",
            '{"cluster": {"ps": ["a:1"], "worker": ["b:1"]}, "task": {"type": "worker", "index": 0}}',
            "got",
        ),
    ],
)
def test_a_place_that_cannot_be_is_refused(
    monkeypatch: pytest.MonkeyPatch, place: str, config: str | None, expected: str
) -> None:
    monkeypatch.setenv(team.DISTRIBUTE, place)
    monkeypatch.setenv("TF_CONFIG", config or "")
    with pytest.raises(BadInput, match=expected):
        team.assemble.__wrapped__()
