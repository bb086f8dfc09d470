"""Real Prefect servers for tests, each with a home, a port, caches and runs of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[1]
PREFECT = Path(sys.executable).with_name("prefect")
WORK = ("worker", "start", "--pool", "local", "--type", "process", "--run-once")

Prefect = Callable[..., subprocess.CompletedProcess[str]]


def wait_until(condition: Callable[[], object], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"Waited {seconds} s in vain."
        time.sleep(0.2)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def own_surroundings(folder: Path) -> dict[str, str]:
    """Environment variables that keep the commands to a server, a database, caches and runs of their own."""
    port = free_port()
    return {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")} | {
        "NO_PROXY": "*",
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_SERVER_API_PORT": str(port),
        "SYNTHETIC_DATA_RUNS": str(folder / "runs"),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }


@contextmanager
def running_server(surroundings: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server that has started; it ends with the block, if it has not before."""

    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            return httpx.get(f"{surroundings['PREFECT_API_URL']}/health", trust_env=False).is_success
        except httpx.TransportError:
            return False

    with (
        log.open("a") as output,
        subprocess.Popen(
            [PREFECT, "server", "start", "--no-ui"], cwd=ROOT, env=surroundings, stdout=output, stderr=output
        ) as process,
    ):
        try:
            wait_until(answers, seconds=120)
            yield process
        finally:
            process.terminate()


def prefect_command(surroundings: dict[str, str]) -> Prefect:
    """Types a `prefect` command in the project's root, where nobody is there to answer a question."""

    def type_command(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PREFECT, *arguments],
            cwd=ROOT,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )

    return type_command


def tiny_experiment(source: Path, *, epochs: int = 2) -> dict[str, Any]:
    """The parameters of a run that takes seconds, or as long as its epochs are many."""
    return {
        "name": "tiny",
        "tolerate_collapse": True,
        "source": str(source),
        "data": {"validation_images": 100},
        "gan": {"epochs": epochs, "batch_size": 16, "generator_width": 4, "discriminator_width": 4},
        "dataset": {"per_class": 8},
        "classifier": {"steps": 4, "batch_size": 32, "seeds": [0]},
    }
