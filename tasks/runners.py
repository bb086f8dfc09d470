"""Where the shards of an export are drawn and written: in this process, or by the workers of Dask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gan_core.errors import BadInput

if TYPE_CHECKING:
    from prefect.task_runners import TaskRunner

DASK = "SYNTHETIC_DATA_DASK"  # the setting, for deployments: an environment variable


def task_runner(dask: str | None) -> TaskRunner[Any]:
    """This process, one shard at a time; or as many worker processes here as `dask` says; or the scheduler it names.

    The workers must reach the Prefect server, the generator and the destination under the same names as this process.
    """
    from prefect.task_runners import ThreadPoolTaskRunner

    if not dask:
        return ThreadPoolTaskRunner(max_workers=1)
    try:
        from prefect_dask import DaskTaskRunner
    except ImportError as error:
        raise BadInput(
            f"Expected prefect-dask for workers of Dask, got “{error}”; pip install 'synthetic-data[dask]' brings it."
        ) from error
    if dask.isdecimal():
        return DaskTaskRunner(cluster_kwargs={"n_workers": int(dask), "threads_per_worker": 1})
    return DaskTaskRunner(address=dask)
