"""The formats that datasets are exported in.

Each module has `write_shard(folder, split, shard, images)`, which may run in any process and any order, and
`finish(folder, export)`, which makes of all shards what the format's readers expect. Equal images give
equal bytes. `read(folder, split)` yields the images of a split with their labels in the order of their numbers.
"""

from types import ModuleType

from tasks.formats import idx, imagefolder, npz, parquet, webdataset

FORMATS: dict[str, ModuleType] = {
    "idx": idx,
    "npz": npz,
    "parquet": parquet,
    "imagefolder": imagefolder,
    "webdataset": webdataset,
}
