"""From a trained generator to a dataset, or to the generator itself, in the formats that people use."""

import os

from prefect import flow

from gan_core.config import ExportSettings
from gan_core.files import located
from tasks.export.check_export import check_export
from tasks.export.finish_export import finish_export, is_finished
from tasks.export.on_hub import is_there
from tasks.export.plan_export import plan_export
from tasks.export.staging import staged
from tasks.export.write_shard import write_shard
from tasks.task_runners import DASK, task_runner


@flow(
    name="export-dataset",
    persist_result=True,
    result_serializer="json",
    task_runner=task_runner(os.environ.get(DASK)),
)
def export_dataset(
    generator: str,
    out: str,
    formats: tuple[str, ...] = ("npz",),
    settings: ExportSettings = ExportSettings(),  # noqa: B008  frozen
    overwrite: bool = False,
) -> str:
    """Write the images of a generator, shard by shard, or itself into `out`; both may be paths or fsspec URLs."""
    check_export(generator, out, formats, settings, overwrite)
    plan = plan_export(located(generator), formats, settings)
    if is_there(located(out), plan.identity):
        return out
    with staged(located(out), plan.identity, overwrite=overwrite) as staging:
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
