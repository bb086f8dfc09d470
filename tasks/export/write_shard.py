"""The errand of one shard: draw its images, write them in every format, forget them."""

import logging

from gan_core.exports.shards import ExportSplit
from gan_core.files import Place, write_text
from gan_core.formats import FORMATS
from tasks.uncached_task import uncached_task

DONE = ".done"  # beside the formats: a file for each shard that is complete

logger = logging.getLogger("synthetic_data.export")


@uncached_task
def write_shard(split: ExportSplit, shard: int, *, formats: tuple[str, ...], staging: Place) -> int:
    """Write a shard below `staging` unless it is complete there; returns its number of images."""
    done = staging / DONE / split.stem(shard)
    if not done.exists():
        images = split.load(shard)
        for name in formats:
            FORMATS[name].write_shard(staging / name, split, shard, images)
        write_text(done, "")
        logger.info("%s  %s images", split.stem(shard), f"{len(images):,}")
    return len(split.range(shard))
