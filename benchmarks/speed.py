"""Training and drawing speed beside PyTorch and a tutorial's Keras loop, side by side in one run.

    python -m benchmarks.speed --source DIR --turns 7
    python -m benchmarks.speed --widths 64 --shapes 28x28x1 32x32x3 64x64x3

The first takes the images of a source, the second noise of WIDTHxHEIGHTxCHANNELS in each of the shapes.
Each contestant waits in a process of its own; they take turns, a few seconds each, so that a busy machine slows all of
them alike. The tables hold medians, and ratios to this project within each turn with their spread over the turns.
"""

import argparse
import math
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, pairwise, product

import numpy as np
import pandas as pd

from benchmarks.peak_memory import peak_memory
from benchmarks.real import real_images
from benchmarks.result_table import Result, ResultTable, results_option
from gan_core.compute.precision import native
from gan_core.config import GanSettings
from gan_core.gan.networks import coarsest_maps, doublings
from gan_core.images.labelled_images import FASHION_MNIST_CLASSES, LabelledImages
from gan_core.images.shape import ImageShape

SECONDS, DRAWN = 4.0, 500  # of one turn; images drawn at once
PLAYED = "training images/s", "drawn images/s"
MEMORY = "peak memory, GiB"
NOISE = 5_000  # images of a shape without a source
SHAPELESS = "this project", "PyTorch eager", "PyTorch compiled"  # the contestants that take any shape


def tensorflow_memory() -> float:
    """The gibibytes that TensorFlow held at most, on a GPU where there is one."""
    import tensorflow as tf

    gpu = tf.config.list_physical_devices("GPU")
    return tf.config.experimental.get_memory_info("GPU:0")["peak"] / 2**30 if gpu else peak_memory()


@dataclass(frozen=True)
class Contestant:
    """Something that trains a few steps and draws a few images; both return how many images that were."""

    train: Callable[[], int]
    draw: Callable[[], int]
    memory: Callable[[], float] = tensorflow_memory  # GiB at most


def this_project(width: int, real: LabelledImages) -> Contestant:
    import tensorflow as tf

    from gan_core.gan.drawing import draw
    from gan_core.gan.training_loop import Game

    game = Game(settings(width), images=len(real), shape=real.shape, classes=10, seed=0)
    rounds = (shown for _ in count() for shown in game._rounds(real))
    numbers = count()

    def train() -> int:
        images, labels = next(rounds)
        game._play_round(images, labels, tf.constant(next(numbers))).numpy()
        return int(labels.shape.num_elements())

    wanted = np.arange(DRAWN).astype(np.uint8) % 10
    return Contestant(train, lambda: sum(map(len, draw(game.averaged, wanted, seed=0))))


def pytorch(width: int, real: LabelledImages, *, compiled: bool) -> Contestant:
    import torch

    from benchmarks.pytorch_game import Game

    images, labels = torch.tensor(real.images), torch.tensor(real.labels, dtype=torch.int64)
    game = Game(settings(width), images, labels, compiled=compiled)

    def train() -> int:
        game.play_round()
        return game.settings.batch_size * game.settings.penalty_interval

    def memory() -> float:
        return torch.cuda.max_memory_allocated() / 2**30 if game.device == "cuda" else peak_memory()

    return Contestant(train, lambda: len(game.draw(DRAWN)), memory)


def tutorial(real: LabelledImages) -> Contestant:
    from benchmarks.tutorial_gan import BATCH, TutorialGan, batches

    gan, steps = TutorialGan(), 20
    gan.compile()
    data = batches(real.images, real.labels)

    def train() -> int:
        gan.fit(data, steps_per_epoch=steps, verbose=0)
        return steps * BATCH

    wanted = np.arange(DRAWN) % 10
    return Contestant(train, lambda: sum(map(len, gan.draw(wanted))))


def matrix_rate(arithmetic: str) -> float:
    """The machine's matrix rate, operations a second: the best of a few products of 4096-cubes, bfloat16 or float32."""
    import tensorflow as tf

    size = 4096
    kind = tf.bfloat16 if arithmetic == "mixed_bfloat16" else tf.float32
    matrix = tf.cast(tf.random.stateless_normal([size, size], [0, 0]), kind)
    multiply = tf.function(lambda: tf.reduce_sum(tf.cast(matrix @ matrix, tf.float32)), autograph=False)
    multiply()
    seconds = []
    for _ in range(6):
        started = time.perf_counter()
        multiply().numpy()
        seconds.append(time.perf_counter() - started)
    return 2 * size**3 / min(seconds)


def noise(shape: ImageShape) -> LabelledImages:
    """Images of a shape in which nothing is to be seen."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 10, NOISE).astype(np.uint8)
    return LabelledImages(random.integers(0, 256, (NOISE, *shape), np.uint8), labels, FASHION_MNIST_CLASSES)


def operations(width: int, shape: ImageShape) -> float:
    """Multiplications and additions of our networks' matrix work for one real image in training, penalty included.

    A backward pass costs two forward ones, one for the weights and one for the inputs. Each step runs the generator
    forward and back, and the discriminator forward and back for its own loss on a real and a fake image and back to
    the fake image for the generator's; the penalty, once in an interval, runs it forward and three times back on both.
    """
    gan = settings(width)
    fine, colours, coarse = min(width, 64), 4 * shape.channels, math.prod(coarsest_maps(shape))
    widths = [width] * (doublings(shape) - 1) + [fine]  # of the maps from the coarsest on, each four times the last
    areas = [coarse * 4**level for level in range(len(widths))]
    inputs = gan.latent_size + gan.embedding_size
    # 4x4 taps for each of the coarser maps, see `gan_core.gan.networks.UpConvolution`; PyTorch has 36
    up = sum(16 * area * narrow * wide for area, (narrow, wide) in zip(areas, pairwise(widths), strict=False))
    generator = inputs * coarse * width + 9 * coarse * width**2 + up + 9 * areas[-1] * fine * colours
    down = sum(
        4 * area * wide * width + 9 * area * width**2 for area, (_, wide) in zip(areas, pairwise(widths), strict=False)
    )
    discriminator = 9 * areas[-1] * colours * fine + down + coarse * width * 128
    step = 3 * generator + 2 * 3 * discriminator + discriminator
    penalty = 2 * (1 + 1 + 4) * discriminator / gan.penalty_interval
    return 2 * (step + penalty)


def settings(width: int) -> GanSettings:
    return GanSettings(generator_width=width, discriminator_width=width)


CONTESTANTS: dict[str, Callable[[int, LabelledImages], Contestant]] = {
    "this project": this_project,
    "PyTorch eager": lambda width, real: pytorch(width, real, compiled=False),
    "PyTorch compiled": lambda width, real: pytorch(width, real, compiled=True),
    "tutorial's Keras loop (its own networks)": lambda width, real: tutorial(real),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source")
    results_option(parser)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--widths", type=int, nargs="+", default=[64, 128])
    parser.add_argument("--shapes", type=read_shape, nargs="+", default=[], help="WIDTHxHEIGHTxCHANNELS each")
    parser.add_argument("--contestant", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.contestant:
        real = noise(chosen.shapes[0]) if chosen.shapes else real_images(chosen.source).train
        return wait(CONTESTANTS[chosen.contestant](chosen.widths[0], real), SECONDS)
    if chosen.turns < 2:
        parser.error("expected at least two turns, to say how they differ")
    results, arithmetic = ResultTable("speed", chosen.results), native()
    rate = matrix_rate(arithmetic)
    print(f"{os.cpu_count()} cores, all in {arithmetic}, in which they multiply matrices at {rate / 1e9:,.0f} GFLOP/s")
    for width, shape in product(chosen.widths, chosen.shapes or [None]):
        turns = compete(width, shape, chosen.source, chosen.turns)
        case = f"{width} channels" + (f", images of {shape}" if shape else "")
        print(f"\n{case}")
        print(summarise(turns).to_string(float_format="{:,.2f}".format))
        done = operations(width, shape or real_images(chosen.source).train.shape)
        reached = turns[(PLAYED[0], "this project")].median() * done
        print(f"this project reaches {reached / 1e9:,.0f} GFLOP/s in training, {reached / rate:.0%} of the matrix rate")
        results.append(
            found(turns, case, {"GFLOP/s": reached / 1e9, "share of the matrix rate, %": 100 * reached / rate})
        )


def read_shape(text: str) -> ImageShape:
    """The shape that WIDTHxHEIGHTxCHANNELS stands for."""
    width, height, channels = map(int, text.split("x"))
    return ImageShape(height, width, channels)


def found(turns: pd.DataFrame, case: str, reached: dict[str, float]) -> list[Result]:
    """The rows of a case: what this project reaches in training, and speeds, ratios and memory of all contestants."""
    setting = f"medians of {len(turns)} turns; ratios within each turn, spread over the turns"
    own = [Result(setting, f"{case}, this project in training", *each) for each in reached.items()]
    own += [Result(setting, f"{case}, {name}", MEMORY, value) for name, value in turns[MEMORY].max().items()]
    medians = summarise(turns)
    for what in PLAYED:
        ratio = f"{what.split()[0]}: this project is times as fast"
        for name, row in medians[what].iterrows():
            own.append(Result(setting, f"{case}, {name}", what, row["median"]))
            if name != "this project":
                own.append(Result(setting, f"{case}, {name}", ratio, row["we: times"], row["±"]))
    return own


def compete(width: int, shape: ImageShape | None, source: str | None, turns: int) -> pd.DataFrame:
    """Images a second and memory of each contestant (columns) in each turn (rows); the first, which compiles, is not.

    With a shape the images are noise of it, and those compete that take any.
    """
    command = [sys.executable, "-m", "benchmarks.speed", "--widths", str(width)]
    command += ["--source", source] if source else []
    command += ["--shapes", f"{shape.width}x{shape.height}x{shape.channels}"] if shape else []
    return take_turns({name: [*command, "--contestant", name] for name in (SHAPELESS if shape else CONTESTANTS)}, turns)


def take_turns(commands: dict[str, list[str]], turns: int) -> pd.DataFrame:
    """The same of contestants that these commands start; no numbers of those that end before it is over."""
    processes = {
        name: subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        for name, command in commands.items()
    }
    rows = []
    for _ in range(turns + 1):
        row: dict[tuple[str, str], float] = {}
        for name, process in processes.items():
            row |= {(what, name): value for what, value in zip((*PLAYED, MEMORY), ask(process), strict=True)}
        rows.append(row)
    for name, process in processes.items():
        process.communicate()
        if process.returncode:
            print(f"{name} ended with exit code {process.returncode}: {shlex.join(commands[name])}", file=sys.stderr)
    return frame(rows[1:])


def ask(process: subprocess.Popen[str]) -> list[float]:
    """What a contestant measured in its turn."""
    assert process.stdin and process.stdout
    with suppress(BrokenPipeError):
        print(file=process.stdin, flush=True)
    return [float(process.stdout.readline() or "nan") for _ in (*PLAYED, MEMORY)]


def frame(rows: list[dict[tuple[str, str], float]]) -> pd.DataFrame:
    """A row for each turn, columns by what was done and by whom."""
    return pd.DataFrame([list(row.values()) for row in rows], columns=pd.MultiIndex.from_tuples(rows[0]))


def wait(contestant: Contestant, seconds: float) -> None:
    """Train and draw for so many seconds after each line of input, and print the two speeds and the peak memory."""
    for _ in sys.stdin:
        for work in (contestant.train, contestant.draw):
            done, started = 0, time.perf_counter()
            while time.perf_counter() < started + seconds:
                done += work()
            print(done / (time.perf_counter() - started), flush=True)
        print(contestant.memory(), flush=True)


def summarise(turns: pd.DataFrame) -> pd.DataFrame:
    """Median speeds, and how many times faster this project was in the same turn, with the spread over the turns."""
    parts = {}
    for what in PLAYED:
        ratios = turns[what][["this project"]].to_numpy() / turns[what]
        parts[what] = pd.DataFrame({"median": turns[what].median(), "we: times": ratios.median(), "±": ratios.std()})
    return pd.concat(parts, axis=1)


if __name__ == "__main__":
    main()
