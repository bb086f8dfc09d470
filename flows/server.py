"""A Prefect server for as long as one command runs, where no other is configured.

Prefect would start one itself, but Ctrl-C at a terminal would reach that server too, and it would outlive a SIGKILL.
"""

import ctypes
import logging
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from prefect import tags
from prefect.settings import PREFECT_API_URL, temporary_settings

from tasks.automations import TAG

PATIENCE = 120  # seconds; a new database takes ten
SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)


@contextmanager
def server(log: int) -> Iterator[None]:
    """A server that writes to the file descriptor `log` and ends with this process, unless the settings name one.

    On a named one our runs bear the tag by which its automations know them, as those of our deployments do.
    """
    if PREFECT_API_URL.value():
        with tags(TAG):
            yield
        return
    address = f"127.0.0.1:{_free_port()}"
    process = subprocess.Popen(
        [Path(sys.executable).with_name("prefect"), *_start(address)],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,
    )
    try:
        _wait_for(process, f"http://{address}/api/health")
        with temporary_settings({PREFECT_API_URL: f"http://{address}/api"}):
            yield
    finally:
        for handler in logging.getLogger("prefect.flow_runs").handlers:
            handler.flush()  # waits until the server has them
        process.terminate()
        process.wait()


def _start(address: str) -> list[str]:
    host, port = address.split(":")
    return ["server", "start", "--host", host, "--port", port, "--no-services"]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)


def _wait_for(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            httpx.get(url).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    process.kill()
    raise RuntimeError(f"Expected a Prefect server at {url} within {PATIENCE} s, got none; its log says why.")
