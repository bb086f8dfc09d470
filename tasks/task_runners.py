"""Where the shards of an export are written and the runs of a sweep trained: in this process, or by workers of Dask."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gan_core.errors import BadInput
from gan_core.installed_package import install_command

if TYPE_CHECKING:
    from prefect.task_runners import TaskRunner

DASK = "SYNTHETIC_DATA_DASK"  # the setting, for deployments: an environment variable
SURROUNDINGS = "distributed.nanny.pre-spawn-environ"
THREADS = "_NUM_THREADS"  # one each by Dask's defaults, with which NumPy would round otherwise than here
PER_CORE = 4  # processes at most
SHOWN = 20  # digits of a number in a sentence
PATIENCE = 5  # seconds until a scheduler that is there has taken a call


def check_workers(workers: str | None) -> None:
    """Raise BadInput unless these can be workers: one or more processes, or the address of a scheduler that answers.

    There may be a few processes for each core, as they also wait for disks; more of them would only fill the memory.
    """
    most = PER_CORE * (os.cpu_count() or 1)
    if not workers or (workers.isdecimal() and 0 < int(workers[:SHOWN]) <= most and len(workers) < SHOWN):
        return
    if workers.isdecimal():
        told = workers if len(workers) < SHOWN else f"{workers[:SHOWN]}…"
        raise BadInput(
            f"Expected 1 to {most} processes, {PER_CORE} for each core of this machine, got {told}; "
            f"correct --dask or {DASK}."
        )
    try:
        address = urlsplit(workers if "://" in workers else f"tcp://{workers}")
        host, port = address.hostname, address.port
    except ValueError:
        host = port = None
    if not host or not port:
        raise BadInput(
            f"Expected one or more processes, or a scheduler such as tcp://HOST:8786, got {workers!r}; "
            f"correct --dask or {DASK}."
        )
    try:
        socket.create_connection((host, port), timeout=PATIENCE).close()
    except OSError as error:
        raise BadInput(
            f"Expected an answer of Dask's scheduler at {workers}, got “{error.strerror or error}”; "
            f"start it, or correct --dask or {DASK}."
        ) from error


def task_runner(workers: str | None) -> TaskRunner[Any]:
    """This process, one thing at a time; or as many processes here as `workers` says; or the scheduler it names.

    The workers must reach the Prefect server, the generator and the destination under the same names as this process.
    """
    from prefect.task_runners import ThreadPoolTaskRunner

    if not workers:
        return ThreadPoolTaskRunner(max_workers=1)
    try:
        import dask
        from prefect_dask import DaskTaskRunner
    except ImportError as error:
        raise BadInput(
            f"Expected prefect-dask for workers of Dask, got “{error}”; {install_command('dask')} brings it."
        ) from error
    if not workers.isdecimal():
        return DaskTaskRunner(address=workers)
    surroundings = dask.config.get(SURROUNDINGS).items()
    dask.config.set({SURROUNDINGS: {name: value for name, value in surroundings if not name.endswith(THREADS)}})
    cluster = {"n_workers": int(workers), "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
    return DaskTaskRunner(cluster_kwargs=cluster)
