"""A run in MLflow, told by its own client, which finds the store where it always does, in MLFLOW_TRACKING_URI."""

import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from gan_core.files import Place

if TYPE_CHECKING:
    from mlflow.entities import Run as Known

EXPERIMENT = "synthetic-data"  # of MLflow, unless MLFLOW_EXPERIMENT_NAME names another
TAG = "synthetic_data.run"  # by which a run that goes on is found again
FOLDER = "grids"  # of artifacts
MOST_PARAMS = 100  # in one request


class MlflowRun:
    """Tells MLflow of one run; if it knows that, it goes on."""

    def __init__(self, run: str, settings: Mapping[str, str]) -> None:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        from mlflow.entities import Param
        from mlflow.tracking import MlflowClient

        self._client = MlflowClient()
        self._id = self._open(run).info.run_id
        params = [Param(name, value) for name, value in settings.items()]
        for start in range(0, len(params), MOST_PARAMS):
            self._client.log_batch(self._id, params=params[start : start + MOST_PARAMS])

    def _open(self, run: str) -> "Known":
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or EXPERIMENT
        experiment = self._client.get_experiment_by_name(name)
        number = experiment.experiment_id if experiment else self._client.create_experiment(name)
        known = self._client.search_runs([number], f"tags.`{TAG}` = '{run}'", max_results=1)
        if not known:
            return self._client.create_run(number, run_name=run, tags={TAG: run})
        self._client.update_run(known[0].info.run_id, status="RUNNING")
        return known[0]

    def tell(self, scalars: Mapping[str, float], epoch: int, *grids: Place) -> None:
        """Tell it numbers as metrics, and send PNG files as artifacts, under their own names."""
        from mlflow.entities import Metric

        now = int(1_000 * time.time())
        self._client.log_batch(self._id, [Metric(name, value, now, epoch) for name, value in scalars.items()])
        for grid in grids:
            self._client.log_artifact(self._id, str(grid), FOLDER)

    def close(self, *, failed: bool) -> None:
        """Tell it that the run has ended, for now."""
        self._client.set_terminated(self._id, "FAILED" if failed else "FINISHED")
