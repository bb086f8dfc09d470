"""From a trained generator to a dataset in the formats that people use."""

from pathlib import Path
from typing import Any

from prefect import flow
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from gan_core.config import ExportSettings
from tasks.destination import staged
from tasks.finish_export import finish_export, is_finished
from tasks.plan_export import plan_export
from tasks.write_shard import write_shard

ONE_BY_ONE: TaskRunner[Any] = ThreadPoolTaskRunner(max_workers=1)


@flow(name="export-dataset", persist_result=False, task_runner=ONE_BY_ONE)
def export_dataset(
    generator: Path,
    out: Path,
    formats: tuple[str, ...] = ("npz",),
    settings: ExportSettings = ExportSettings(),  # noqa: B008  frozen
    overwrite: bool = False,
) -> Path:
    """Draw the images of a generator, shard by shard, into `out`, which appears complete or not at all."""
    plan = plan_export(generator, formats, settings)
    with staged(out.absolute(), plan.identity, overwrite=overwrite) as staging:
        if not is_finished(staging):
            shards = [
                write_shard.submit(split, shard, formats=plan.formats, staging=staging)
                for split in plan.export.splits
                for shard in range(split.shards)
            ]
            for shard in shards:
                shard.result()
        finish_export(plan, settings, staging=staging)
    return out
