"""Real Prefect servers for tests, each with a home, a port, caches and runs of its own."""

import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import boto3
import httpx
from conftest import surroundings
from moto.server import ThreadedMotoServer

ROOT = Path(__file__).parents[1]
PREFECT = str(Path(sys.executable).with_name("prefect"))
WORK = ("worker", "start", "--pool", "local", "--type", "process", "--run-once")

Prefect = Callable[..., subprocess.CompletedProcess[str]]

STARTED: list[subprocess.Popen[bytes]] = []  # as Python warns when it forgets a process that is ended by another one


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
    return surroundings(
        PREFECT_API_URL=f"http://127.0.0.1:{port}/api",
        PREFECT_HOME=folder / "prefect",
        PREFECT_SERVER_API_PORT=port,
        SYNTHETIC_DATA_MODELS=folder / "models",
        SYNTHETIC_DATA_RUNS=folder / "runs",
        XDG_CACHE_HOME=folder / "cache",
    )


class Server:
    """A server that may be stopped and started again."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.environment = environment
        self.log = log

    def start(self) -> None:
        """Return when it answers."""
        with self.log.open("a") as output:
            command = [PREFECT, "server", "start", "--no-ui"]
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=output, stderr=output)
        wait_until(self._answers, seconds=120)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return httpx.get(f"{self.environment['PREFECT_API_URL']}/health", trust_env=False).is_success
        except httpx.TransportError:
            return False


@contextmanager
def running_server(environment: dict[str, str], log: Path) -> Iterator[Server]:
    """A server that has started, and ends with the block."""
    server = Server(environment, log)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@contextmanager
def shared_server(folder: Path, **settings: str) -> Iterator[str]:
    """The address of a server that all of pytest's processes share: the first starts it, the last ends it.

    Who comes when all others have gone starts another.
    """
    note = folder / "note"
    with (folder / "users").open("w") as users, (folder / "start").open("w") as start:
        fcntl.flock(start, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_SH)
        if not note.exists():
            own = Path(tempfile.mkdtemp(dir=folder))
            server = Server(own_surroundings(own) | settings, own / "log")
            server.start()
            STARTED.append(server.process)
            note.write_text(f"{server.process.pid} {server.environment['PREFECT_API_URL']}")
        fcntl.flock(start, fcntl.LOCK_UN)
        process, address = note.read_text().split()
        yield address
        fcntl.flock(start, fcntl.LOCK_EX)
        with suppress(BlockingIOError):  # others are at work
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            note.unlink()
            os.kill(int(process), signal.SIGTERM)


@contextmanager
def running_worker(environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker that is stopped at the end of the block, if it has not ended before."""
    command = [PREFECT, *WORK[: WORK.index("--run-once")]]
    with (
        log.open("a", encoding="utf-8") as output,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(60)  # as long as systemd does: now and then a worker loses the signal and works on
            process.kill()


def prefect_command(environment: dict[str, str], folder: Path = ROOT) -> Prefect:
    """Types a `prefect` command in a folder, the project's root, where nobody is there to answer a question."""

    def type_command(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PREFECT, *arguments],
            cwd=folder,
            env=environment,
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
        "gan": {
            "epochs": epochs,
            "epoch_images": 500,
            "batch_size": 16,
            "generator_width": 4,
            "discriminator_width": 4,
        },
        "dataset": {"per_class": 8},
        "classifier": {"steps": 4, "batch_size": 32, "seeds": [0]},
    }


@contextmanager
def running_store() -> Iterator[dict[str, str]]:
    """The variables by which s3://bucket is found: an empty bucket behind a real S3 API on loopback."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    httpx.post(f"{address}/moto-api/reset", trust_env=False).raise_for_status()  # all here share their buckets
    login = {"AWS_ACCESS_KEY_ID": "test", "AWS_DEFAULT_REGION": "us-east-1", "AWS_SECRET_ACCESS_KEY": "test"}
    boto3.client(
        "s3", endpoint_url=address, aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
    ).create_bucket(Bucket="bucket")
    try:
        yield login | {"AWS_ENDPOINT_URL": address}
    finally:
        server.stop()


def postgres_binaries() -> Path | None:
    """Debian's folder of the newest PostgreSQL, whose programs are not on the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def running_postgres(binaries: Path) -> Iterator[str]:
    """The address of a PostgreSQL server with a password, on loopback, whose data last as long as the block."""
    owner = {"user": "nobody"} if os.geteuid() == 0 else {}  # as PostgreSQL refuses to be root
    port, password = free_port(), secrets.token_hex()
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        data, secret = Path(folder, "data"), Path(folder, "password")
        secret.write_text(password, encoding="utf-8")
        for path in (folder, secret) if owner else ():
            shutil.chown(path, **owner)

        def popen(program: str, *arguments: str) -> subprocess.Popen[bytes]:
            null = subprocess.DEVNULL
            command = [str(binaries / program), *arguments]
            return subprocess.Popen(command, cwd=folder, stdout=null, stderr=null, **owner)  # type: ignore[call-overload]

        login = ("--auth=scram-sha-256", "--username=prefect", f"--pwfile={secret}")
        assert popen("initdb", "-D", str(data), "--encoding=UTF8", "--no-sync", *login).wait() == 0
        at = ("-h", "127.0.0.1", "-p", str(port))
        with popen("postgres", "-D", str(data), "-k", folder, "-c", "fsync=off", *at) as process:
            try:
                wait_until(lambda: popen("pg_isready", *at).wait() == 0, seconds=60)
                yield f"postgresql+asyncpg://prefect:{password}@127.0.0.1:{port}/postgres"
            finally:
                process.send_signal(signal.SIGINT)  # without waiting for its clients
