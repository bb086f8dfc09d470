"""How time and memory grow: images exported, images drawn to disk, images trained on, channels, and batch.

    python -m benchmarks.scaling --source DIR
    python -m benchmarks.scaling --parts exported --formats npz parquet --most 10000000

Each row is a process of its own, so that its peak memory is its own; the time leaves start and compilation out, but for
exports, which are flows with a server beside them as the command runs them.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.peak_memory import peak_memory
from benchmarks.real import real_images
from benchmarks.result_table import Result, ResultTable, results_option
from gan_core.config import ExportSettings, GanSettings
from gan_core.images.labelled_images import FASHION_MNIST_CLASSES, LabelledImages, save_stream
from gan_core.images.shape import ImageShape

ROUNDS = 20  # of training in each row
EXPORTED = 100_000, 1_000_000, 10_000_000
FORMATS = "npz", "idx", "parquet", "tfds"
DRAWN = 10_000, 100_000, 1_000_000, 10_000_000
MOST = {"exported": 1_000_000, "drawn": 10_000_000}  # images, unless another number is given
TRAINED = [
    *({"images": images, "width": 64, "batch": 64} for images in (5_500, 55_000, 550_000)),
    *({"images": 55_000, "width": width, "batch": 64} for width in (32, 128)),
    *({"images": 55_000, "width": 64, "batch": batch} for batch in (32, 128)),
]


def exported(format: str, images: int) -> dict[str, float]:
    """Export so many images of an untrained generator of four channels, so that the writing shows."""
    from flows.commands.local_server import server
    from flows.export_dataset import export_dataset
    from gan_core.gan.drawing import GeneratorCard, save_generator
    from gan_core.gan.networks import Generator

    gan = GanSettings(generator_width=4)
    card = GeneratorCard(
        gan=gan, shape=ImageShape(28, 28, 1), class_names=FASHION_MNIST_CLASSES, data_digest="", seed=0
    )
    wanted = ExportSettings(per_class=images // 10, test_per_class=0)
    with tempfile.TemporaryDirectory(dir=".") as folder, server():
        generator, out = Path(folder, "generator.npz"), Path(folder, "dataset")
        save_generator(generator, Generator(gan, shape=ImageShape(28, 28, 1), classes=10, seed=0), card)
        started = time.perf_counter()
        export_dataset(str(generator), str(out), (format,), wanted)
        seconds = time.perf_counter() - started
        written = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
        return {"seconds": seconds, "written, GB": written / 1e9, "server's peak memory, GiB": peak_of_children()}


def peak_of_children() -> float:
    """The gibibytes that the processes started by this one and still at work held at most, in sum; Linux only."""
    pids = Path(f"/proc/self/task/{os.getpid()}/children").read_text("utf-8").split()
    return sum(map(peak_memory, pids))


def drawn(images: int) -> dict[str, float]:
    """Draw so many images and write them to disk."""
    from gan_core.gan.drawing import draw
    from gan_core.gan.networks import Generator

    generator = Generator(GanSettings(), shape=ImageShape(28, 28, 1), classes=10, seed=0)
    list(draw(generator, np.zeros(1, np.uint8), seed=0))
    labels = np.resize(np.arange(10, dtype=np.uint8), images)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=".") as folder:
        parts = np.split(labels, range(1_000, images, 1_000))
        batches = map(
            LabelledImages, draw(generator, labels, seed=0, batch_size=1_000), (part.copy() for part in parts)
        )
        save_stream(Path(folder) / "images.npz", batches, count=images)
    return {"seconds": time.perf_counter() - started}


def trained(source: str | None, images: int, width: int, batch: int) -> dict[str, float]:
    """A thousand steps of training."""
    from gan_core.gan.training_loop import Game

    real = real_images(source).train
    real = real.take(np.resize(np.arange(len(real)), images))
    gan = GanSettings(generator_width=width, discriminator_width=width, batch_size=batch)
    game = Game(gan, images=images, shape=ImageShape(28, 28, 1), classes=10, seed=0)
    moments: list[float] = []
    game.rounds = ROUNDS + 1  # the first one compiles
    next(game.play(real, lambda: moments.append(time.perf_counter())))
    return {"seconds": (moments[-1] - moments[0]) / (ROUNDS * gan.penalty_interval) * 1_000}


WORK: dict[str, Callable[..., dict[str, float]]] = {"exported": exported, "drawn": drawn, "trained": trained}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source")
    results_option(parser)
    parser.add_argument("--parts", nargs="+", choices=WORK, default=list(WORK))
    parser.add_argument("--formats", nargs="+", default=FORMATS, help="of the exports")
    parser.add_argument("--most", type=int, help=f"images drawn or exported at most, for {MOST}")
    parser.add_argument("--row", nargs=2, metavar=("WORK", "JSON"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.row:
        measures = WORK[chosen.row[0]](**json.loads(chosen.row[1]))
        print(json.dumps(measures | {"peak memory, GiB": peak_memory()}))
        return
    exports = [{"format": name, "images": images} for name in chosen.formats for images in EXPORTED]
    most = dict.fromkeys(MOST, chosen.most) if chosen.most else MOST
    wanted: dict[str, list[dict[str, Any]]] = {
        "exported": [row for row in exports if row["images"] <= most["exported"]],
        "drawn": [{"images": images} for images in DRAWN if images <= most["drawn"]],
        "trained": [{"source": chosen.source} | settings for settings in TRAINED],
    }
    results = ResultTable("scaling", chosen.results)
    for part in chosen.parts:
        show(part, wanted[part], results)


def show(work: str, wanted: list[dict[str, Any]], results: ResultTable) -> None:
    """Print a table with a row for each of the settings; each row is also kept as soon as it is there."""
    rows = []
    for settings in wanted:
        rows.append(measured(work, **settings))
        results.append(found(work, settings, rows[-1]))
    frame = pd.DataFrame(rows).drop(columns="source", errors="ignore").astype({"images": object})
    if work != "trained":
        frame["images/s"] = frame["images"] / frame["seconds"]
    table = frame.to_string(index=False, float_format="{:,.1f}".format, na_rep="")
    print(f"{WORK[work].__doc__}\n{table}\n", flush=True)


def found(work: str, settings: dict[str, Any], row: dict[str, Any]) -> list[Result]:
    """What the process of one row measured."""
    told = (f"{name} {value:,}" if isinstance(value, int) else f"{name} {value}" for name, value in settings.items())
    case = ", ".join(each for each in told if not each.startswith("source"))
    measures = {name: value for name, value in row.items() if name not in settings}
    if work != "trained":
        measures["images/s"] = settings["images"] / row["seconds"]
    return [Result(work, case, measure, value) for measure, value in measures.items()]


def measured(work: str, **settings: Any) -> dict[str, Any]:
    """The settings, and what a process that worked by them measured: seconds, and the gibibytes of its peak memory."""
    command = [sys.executable, "-m", "benchmarks.scaling", "--row", work, json.dumps(settings)]
    output = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout
    row = settings | json.loads(output.splitlines()[-1])
    print(row, file=sys.stderr)
    return row


if __name__ == "__main__":
    main()
