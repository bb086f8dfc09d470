"""How time and memory grow: images drawn to disk, images trained on, channels, and batch.

    python -m benchmarks.scaling --source DIR

Each row is a process of its own, so that its peak memory is its own; the time leaves start and compilation out.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.real import real_images
from gan_core.config import GanSettings
from gan_core.images import LabelledImages, save_stream

ROUNDS = 20  # of training in each row
DRAWN = 10_000, 100_000, 1_000_000, 10_000_000
TRAINED = [
    *({"images": images, "width": 64, "batch": 64} for images in (5_500, 55_000, 550_000)),
    *({"images": 55_000, "width": width, "batch": 64} for width in (32, 128)),
    *({"images": 55_000, "width": 64, "batch": batch} for batch in (32, 128)),
]


def drawn(images: int) -> float:
    """Seconds to draw so many images and write them to disk."""
    from gan_core.drawing import draw
    from gan_core.networks import Generator

    generator = Generator(GanSettings(), side=28, classes=10, seed=0)
    list(draw(generator, np.zeros(1, np.uint8), seed=0))
    labels = np.resize(np.arange(10, dtype=np.uint8), images)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=".") as folder:
        parts = np.split(labels, range(1_000, images, 1_000))
        batches = map(
            LabelledImages, draw(generator, labels, seed=0, batch_size=1_000), (part.copy() for part in parts)
        )
        save_stream(Path(folder) / "images.npz", batches, count=images)
    return time.perf_counter() - started


def trained(source: str | None, images: int, width: int, batch: int) -> float:
    """Seconds of a thousand steps of training."""
    from gan_core.game import Game

    real = real_images(source).train
    real = real.take(np.resize(np.arange(len(real)), images))
    gan = GanSettings(generator_width=width, discriminator_width=width, batch_size=batch)
    game = Game(gan, images=images, side=28, classes=10, seed=0)
    moments: list[float] = []
    game.rounds = ROUNDS + 1  # the first one compiles
    next(game.play(real, lambda: moments.append(time.perf_counter())))
    return (moments[-1] - moments[0]) / (ROUNDS * gan.penalty_interval) * 1_000


WORK: dict[str, Callable[..., float]] = {"drawn": drawn, "trained": trained}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source")
    parser.add_argument("--most", type=int, default=max(DRAWN), help="images drawn at most")
    parser.add_argument("--row", nargs=2, metavar=("WORK", "JSON"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.row:
        seconds = WORK[chosen.row[0]](**json.loads(chosen.row[1]))
        print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20]))
        return
    rows = [measured("drawn", images=images) for images in DRAWN if images <= chosen.most]
    rows = [row | {"images/s": row["images"] / row["seconds"]} for row in rows]
    print("drawn and written\n" + pd.DataFrame(rows).to_string(index=False, float_format="{:,.1f}".format), flush=True)
    rows = [measured("trained", **({"source": chosen.source} | settings)) for settings in TRAINED]
    frame = pd.DataFrame(rows).drop(columns="source").astype({"images": object})
    print("\na thousand steps of training\n" + frame.to_string(index=False, float_format="{:,.1f}".format, na_rep=""))


def measured(work: str, **settings: Any) -> dict[str, Any]:
    """The settings, and the seconds and the gibibytes of peak memory of a process that worked by them."""
    command = [sys.executable, "-m", "benchmarks.scaling", "--row", work, json.dumps(settings)]
    output = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout
    seconds, memory = json.loads(output)
    return settings | {"seconds": seconds, "peak memory, GiB": memory}


if __name__ == "__main__":
    main()
