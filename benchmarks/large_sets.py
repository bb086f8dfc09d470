"""What a set that is larger than the memory costs: a million noisy 64 x 64 pictures in colour, 12 GB of pixels.

    python -m benchmarks.large_sets
    python -m benchmarks.large_sets --images 100000 --widths 64

They are decoded into the cache, and a classifier and a GAN are taught by them; each is a process of its own, so that
its peak memory is its own. Beside that a game is played in turns with pictures in memory, with mapped ones that the
system has in its cache of files, and with mapped ones that it has to read from the disk. It takes room on the disk for
three times the pixels.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import count, islice, product
from pathlib import Path

import numpy as np

from benchmarks.peak_memory import peak_memory
from benchmarks.result_table import Result, ResultTable, results_option
from gan_core.config import STANDARD, DataSettings, GanSettings
from gan_core.images import mapped
from gan_core.images.labelled_images import LabelledImages, save_stream
from tasks.data.normalize import RealSets, normalize

SIDE, CLASSES, PART = 64, 10, 1_000
STEPS = 50  # of the classifier
ROUNDS, TURNS = 3, 5  # of each kind of pictures in a turn
MOST_HELD = 100_000  # pictures, 1.2 GB, beside those in the system's cache


def noise(images: int) -> Iterator[LabelledImages]:
    """Random pictures, a thousand at a time."""
    for part in range(images // PART):
        random = np.random.default_rng(part)
        pixels = random.integers(0, 256, (PART, SIDE, SIDE, 3), np.uint8)
        labels = random.integers(0, CLASSES, PART, np.uint8)
        yield LabelledImages(pixels, labels, tuple(f"noise {label}" for label in range(CLASSES)))


def decoded(folder: Path, width: int) -> dict[str, float]:
    """Read the source and cut it into the three sets."""
    started = time.perf_counter()
    splits = normalize.fn(folder / "source.npz", folder, DataSettings(), 0)
    seconds = time.perf_counter() - started
    (folder / "splits.json").write_text(json.dumps(asdict(splits), default=str), "utf-8")
    return {"seconds": seconds}


def taught(folder: Path, width: int) -> dict[str, float]:
    """Teach a classifier, and a GAN in a short epoch."""
    from gan_core.classifiers.classifier import teach
    from gan_core.gan.training_loop import Game

    real, gan = training_images(folder), settings(width)
    teach(STANDARD.classifier.model_copy(update={"steps": STEPS}), real, 0)
    game = Game(gan, images=len(real), shape=real.shape, classes=CLASSES, seed=0)
    return {"pictures learned from": len(real), "seconds of training": next(game.play(real)).seconds}


def compared(folder: Path, width: int) -> dict[str, float]:
    """Play in turns with pictures in memory, with mapped ones, and with mapped ones that must come from the disk."""
    real = training_images(folder)
    held = LabelledImages(np.array(real.images[:MOST_HELD]), real.labels[:MOST_HELD], real.class_names)
    players = Players(real, width)
    in_memory, from_cache, from_disk = players.rounds(held), players.rounds(real), players.rounds(real)
    times = []
    for _ in range(TURNS):
        first, second = (players.play(rounds, ROUNDS) for rounds in (in_memory, from_cache))
        forget(splits_in(folder).train)
        times.append((first, second, players.play(from_disk, ROUNDS)))
    seconds = np.median(times, axis=0)
    ratios = np.median(np.divide(times, np.array(times)[:, :1]), axis=0)
    return {
        "seconds of a step, held": seconds[0] / ROUNDS / players.interval,
        "seconds of a step, mapped": seconds[1] / ROUNDS / players.interval,
        "mapped: time by that with pictures in memory": ratios[1],
        "mapped, from the disk: time by that with pictures in memory": ratios[2],
    }


WORK: dict[str, Callable[[Path, int], dict[str, float]]] = {"decoded": decoded, "taught": taught, "compared": compared}


class Players:
    """A game of which rounds can be played with any pictures."""

    def __init__(self, real: LabelledImages, width: int) -> None:
        from gan_core.gan.training_loop import Game

        gan = settings(width)
        self.interval = gan.penalty_interval
        self.game = Game(gan, images=len(real), shape=real.shape, classes=CLASSES, seed=0)
        self.play(self.rounds(real), 1)  # compiles

    def rounds(self, real: LabelledImages) -> Iterator[tuple]:
        """The images and classes of the rounds of one epoch after another."""
        return (shown for _ in count() for shown in self.game._rounds(real))

    def play(self, rounds: Iterator[tuple], number: int) -> float:
        """Play some of the rounds; the seconds it took."""
        import tensorflow as tf

        started = time.perf_counter()
        for images, labels in islice(rounds, number):
            self.game._play_round(images, labels, tf.constant(0)).numpy()
        return time.perf_counter() - started


def settings(width: int) -> GanSettings:
    """Those of a GAN whose epochs are short."""
    gan = GanSettings(generator_width=width, discriminator_width=width)
    return gan.model_copy(update={"epoch_images": ROUNDS * gan.round_images})


def splits_in(folder: Path) -> RealSets:
    """Where the decoded sets are."""
    told = json.loads((folder / "splits.json").read_text("utf-8"))
    train, validation, test = (Path(told[name]) for name in ("train", "validation", "test"))
    return RealSets(train, validation, test, told["digest"])


def training_images(folder: Path) -> LabelledImages:
    """The training images, mapped however few they are."""
    mapped.LARGE = 0
    return LabelledImages.load(splits_in(folder).train)


def forget(path: Path) -> None:
    """Let the system drop what it remembers of a file."""
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def found(work: str, case: str, measures: dict[str, float]) -> list[Result]:
    """What the process of one work measured."""
    return [Result(f"{WORK[work].__doc__}", case, measure, value) for measure, value in measures.items()]


def measured(work: str, folder: Path, width: int) -> dict[str, float]:
    """What a process measured that did the work, and the gibibytes of its peak memory."""
    command = [sys.executable, "-m", "benchmarks.large_sets", "--work", work, str(folder), "--widths", str(width)]
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return dict(json.loads(output.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1_000_000, help="whole thousands of them")
    parser.add_argument("--widths", type=int, nargs="+", default=[64, 32], help="the fewer channels, the more shows")
    parser.add_argument("--work", nargs=2, metavar=("WORK", "FOLDER"), help=argparse.SUPPRESS)
    results_option(parser)
    chosen = parser.parse_args()
    if chosen.work:
        measures = WORK[chosen.work[0]](Path(chosen.work[1]), chosen.widths[0])
        print(json.dumps(measures | ({} if chosen.work[0] == "compared" else {"peak memory, GiB": peak_memory()})))
        return
    results = ResultTable("large-sets", chosen.results)
    pictures = f"{chosen.images:,} pictures of {SIDE} x {SIDE} pixels, RGB"
    with tempfile.TemporaryDirectory(dir=".") as folder:
        source = Path(folder, "source.npz")
        save_stream(source, noise(chosen.images), count=chosen.images)
        for work, width in [("decoded", 0), *product(("taught", "compared"), chosen.widths)]:
            measures = measured(work, Path(folder).absolute(), width)
            source.unlink(missing_ok=True)
            results.append(found(work, f"{pictures}; {width} channels" if width else pictures, measures))
            print(WORK[work].__doc__, *(f"{name} {value:,.3f}" for name, value in measures.items()), sep="\n  ")


if __name__ == "__main__":
    main()
