"""The formats that datasets are exported in.

Each module has `write_shard(folder, split, shard, images)`, which may run in any process and any order, and
`finish(folder, export)`, which makes of all shards what the format's readers expect. Equal images give
equal bytes. `read(folder, split)` yields the images of a split with their labels in the order of their numbers, and
`room(images, side)` tells how many bytes they take on a disk at least, while they are written too.
"""

from collections.abc import Iterable
from importlib.util import find_spec
from types import ModuleType

from gan_core.distribution import install_command
from gan_core.errors import BadInput
from gan_core.formats import idx, imagefolder, npz, parquet, tfds, webdataset

FORMATS: dict[str, ModuleType] = {
    "idx": idx,
    "npz": npz,
    "parquet": parquet,
    "imagefolder": imagefolder,
    "tfds": tfds,
    "webdataset": webdataset,
}
EXTRAS = {"tfds": "tensorflow_datasets"}  # the library that a format needs from the extra of its name


def require(formats: Iterable[str]) -> None:
    """Raise BadInput for a format whose library is not installed."""
    for name in formats:
        if name in EXTRAS and find_spec(EXTRAS[name]) is None:
            raise BadInput(
                f"Expected the library {EXTRAS[name]} for the format {name}, got none installed; "
                f"say {install_command(name)}."
            )
