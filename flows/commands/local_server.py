"""A Prefect server for as long as one command runs, where no other is configured.

Prefect would start one itself, but Ctrl-C at a terminal would reach that server too, and it would outlive a SIGKILL.
"""

import ctypes
import logging
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

import httpx
from prefect import tags
from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings

from flows.commands.entry import import_tensorflow
from gan_core.errors import BadInput
from tasks.automations import TAG, configured_server
from tasks.data.http import connection
from tasks.locks import locked
from tasks.places import cache_home, check_folder, standing, try_writing

PATIENCE = 600  # seconds; a new database takes ten, on a very busy machine minutes
SLOW = 30  # seconds, after which the waiting is told
ROOM = 50_000_000  # bytes that a server may need in its home
LEAST = (  # of what the system allows a process: the limit, how much, in words, and the option of ulimit
    (resource.RLIMIT_FSIZE, 10_000_000, "files of 10 MB", "-f"),
    (resource.RLIMIT_NOFILE, 64, "64 open files", "-n"),
    (resource.RLIMIT_AS, 2_000_000_000, "2 GB of addresses", "-v"),
)
SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
NOT_OURS = {"PREFECT_SERVER_API_AUTH_STRING", "PREFECT_SERVER_API_BASE_PATH"}  # of a server that others are to reach

logger = logging.getLogger("synthetic_data.server")


@contextmanager
def server() -> Iterator[None]:
    """A server that ends with this process, unless the settings name one.

    On a named one our runs bear the tag by which its automations know them, as those of our deployments do. Raises
    BadInput where no server can be had.
    """
    _require_limits()
    connection().close()  # the client of Prefect heeds the proxies of the environment as ours does
    if PREFECT_API_URL.value():
        with configured_server() as client:
            client.read_flows(limit=1)
        with tags(TAG):
            yield
        return
    _require_home(PREFECT_HOME.value())
    log = _log_file()
    with log.open("wb") as output, _in_turn():
        address = f"127.0.0.1:{_free_port()}"
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "prefect", *_start(address)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=_surroundings(),
            start_new_session=True,
            preexec_fn=_end_with_parent(),
        )
        try:
            import_tensorflow()  # which takes long, on one core, while the server starts on another
            _wait_for(process, f"http://{address}/api/health", log)
        except BaseException:
            _end(process)
            raise
    try:
        with temporary_settings({PREFECT_API_URL: f"http://{address}/api"}):
            yield
    finally:
        for handler in logging.getLogger("prefect.flow_runs").handlers:
            handler.flush()  # waits until the server has them
        _end(process)
        log.unlink(missing_ok=True)


def _surroundings() -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    return inherited | {"PYTHONUTF8": "1"}


def _start(address: str) -> list[str]:
    host, port = address.split(":")
    return ["server", "start", "--host", host, "--port", port, "--no-services"]


def _require_limits() -> None:
    """Raise BadInput for limits of the system within which no server and no network can work."""
    for limit, least, words, option in LEAST:
        allowed, _ = resource.getrlimit(limit)
        if allowed != resource.RLIM_INFINITY and allowed < least:
            raise BadInput(
                f"Expected the system to allow {words}, got a limit of {allowed:,}; raise it (ulimit {option})."
            )


def _require_home(home: Path) -> None:
    """Raise BadInput unless the server can keep its database in its home."""
    check_folder(
        home, "set PREFECT_HOME, for Prefect's database, to another one, or PREFECT_API_URL to a server that runs."
    )
    if (free := shutil.disk_usage(standing(Path(os.path.realpath(home)))).free) < ROOM:
        raise BadInput(
            f"Expected room for Prefect's database, {ROOM // 10**6} MB, got {free // 10**6} MB in {home}; "
            "make room, or set PREFECT_HOME to another folder."
        )


def _log_file() -> Path:
    """A new file for the server's messages, named after this process.

    It lies in the cache, or among temporary files if that is full or cannot be written to. Those that processes left
    there when they were killed are removed.
    """
    prefix = f"server-{os.getpid()}-"
    with suppress(BadInput, OSError):
        cache_home().mkdir(parents=True, exist_ok=True)
        try_writing(cache_home(), "")
        for log in cache_home().glob("server-*.log"):
            if not _is_alive(log.name.split("-")[1]):
                log.unlink(missing_ok=True)
        return _new_file(prefix, cache_home())
    temporary = Path(tempfile.gettempdir())
    try_writing(temporary, "make room there, or let TMPDIR name another folder.")
    return _new_file(prefix, temporary)


def _new_file(prefix: str, folder: Path) -> Path:
    """An empty file of a name that is not there yet."""
    descriptor, name = tempfile.mkstemp(".log", prefix, folder)
    os.close(descriptor)
    return Path(name)


def _is_alive(number: str) -> bool:
    """Whether there is a process of this number."""
    try:
        os.kill(int(number), 0)
    except PermissionError:  # somebody else's
        return True
    except (OverflowError, ProcessLookupError, ValueError):
        return False
    return True


@contextmanager
def _in_turn() -> Iterator[None]:
    """Wait for other commands that start a server: two would both make the tables of a new database."""
    with ExitStack() as held:
        with suppress(OSError):  # a cache that cannot be written to
            waiting = "Waiting until another command has started its server"
            held.enter_context(locked(cache_home() / "server-start.lock", while_waiting=waiting))
        yield


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _end_with_parent() -> Callable[[], object] | None:
    """What a new process calls to end with this one, where the system knows how.

    The library is looked up here: between fork and exec another thread may hold what that needs.
    """
    if sys.platform != "linux":
        return None
    return partial(ctypes.CDLL(None).prctl, SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)


def _wait_for(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Return when the server answers; raise BadInput with its last line if it has ended or takes too long."""
    started, told = time.monotonic(), False
    with httpx.Client(trust_env=False) as client:  # no proxy stands between us and our own server
        while process.poll() is None and (waited := time.monotonic() - started) < PATIENCE:
            try:
                client.get(url).raise_for_status()
            except httpx.HTTPError:
                time.sleep(0.1)
            else:
                return
            if waited > SLOW and not told:
                told = True
                logger.info("Prefect's server is slow to start; waiting up to %d minutes", PATIENCE // 60)
    ended = f"ended with exit code {process.returncode}" if process.poll() is not None else f"none after {PATIENCE} s"
    raise BadInput(
        f"Expected an answer of a Prefect server in {PREFECT_HOME.value()}, got {ended}: “{_last_line(log)}”; {log} "
        "says more, another PREFECT_HOME or a server in PREFECT_API_URL may help."
    )


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text("utf-8", errors="replace").splitlines()]
    return next((line for line in reversed(lines) if line), "no message")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait()
