"""Training and drawing speed beside PyTorch and a tutorial's Keras loop, side by side in one run.

    python -m benchmarks.speed --source DIR --turns 7

Each contestant waits in a process of its own; they take turns, a few seconds each, so that a busy machine slows all of
them alike. The tables hold medians, and ratios to this project within each turn with their spread over the turns.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.real import real_images
from benchmarks.result_table import Result, Table, results_option
from gan_core.compute.precision import native
from gan_core.config import GanSettings
from gan_core.images.labelled_images import LabelledImages

SECONDS, DRAWN = 4.0, 500  # of one turn; images drawn at once
PLAYED = "training images/s", "drawn images/s"


@dataclass(frozen=True)
class Contestant:
    """Something that trains a few steps and draws a few images; both return how many images that were."""

    train: Callable[[], int]
    draw: Callable[[], int]


def this_project(width: int, real: LabelledImages) -> Contestant:
    import tensorflow as tf

    from gan_core.gan.drawing import draw
    from gan_core.gan.training_loop import Game

    game = Game(settings(width), images=len(real), shape=real.shape, classes=10, seed=0)
    images, labels = tf.constant(real.images), tf.constant(real.labels, tf.int32)
    orders, number = game._orders(len(real)), 0

    def train() -> int:
        nonlocal number
        number += 1
        game._play_round(images, labels, tf.constant(orders[number % len(orders)]), tf.constant(number)).numpy()
        return orders[0].size

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

    return Contestant(train, lambda: len(game.draw(DRAWN)))


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
    product = tf.function(lambda: tf.reduce_sum(tf.cast(matrix @ matrix, tf.float32)), autograph=False)
    product()
    seconds = []
    for _ in range(6):
        started = time.perf_counter()
        product().numpy()
        seconds.append(time.perf_counter() - started)
    return 2 * size**3 / min(seconds)


def operations(width: int, side: int = 28) -> float:
    """Multiplications and additions of our networks' matrix work for one real image in training, penalty included.

    A backward pass costs two forward ones, one for the weights and one for the inputs. Each step runs the generator
    forward and back, and the discriminator forward and back for its own loss on a real and a fake image and back to
    the fake image for the generator's; the penalty, once in an interval, runs it forward and three times back on both.
    """
    gan = settings(width)
    fine, half, quarter = min(width, 64), (side // 2) ** 2, (side // 4) ** 2
    inputs = gan.latent_size + gan.embedding_size
    up_convolution = 16 * quarter * width * fine  # 4x4 taps, see `gan_core.gan.networks.UpConvolution`; PyTorch has 36
    generator = inputs * quarter * width + 9 * quarter * width**2 + up_convolution + 9 * half * fine * 4
    discriminator = 9 * half * 4 * fine + 4 * quarter * fine * width + 9 * quarter * width**2 + quarter * width * 128
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
    parser.add_argument("--contestant", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.contestant:
        return wait(CONTESTANTS[chosen.contestant](chosen.widths[0], real_images(chosen.source).train))
    if chosen.turns < 2:
        parser.error("expected at least two turns, to say how they differ")
    results, arithmetic = Table("speed", chosen.results), native()
    rate = matrix_rate(arithmetic)
    print(f"{os.cpu_count()} cores, all in {arithmetic}, in which they multiply matrices at {rate / 1e9:,.0f} GFLOP/s")
    for width in chosen.widths:
        turns = compete(width, chosen.source, chosen.turns)
        print(f"\n{width} channels")
        print(table(turns).to_string(float_format="{:,.2f}".format))
        reached = turns[(PLAYED[0], "this project")].median() * operations(width)
        print(f"this project reaches {reached / 1e9:,.0f} GFLOP/s in training, {reached / rate:.0%} of the matrix rate")
        results.append(
            found(turns, width, {"GFLOP/s": reached / 1e9, "share of the matrix rate, %": 100 * reached / rate})
        )


def found(turns: pd.DataFrame, width: int, reached: dict[str, float]) -> list[Result]:
    """The rows of a width: what this project reaches in training, and speeds and ratios of all contestants."""
    setting = f"medians of {len(turns)} turns; ratios within each turn, spread over the turns"
    own = [Result(setting, f"{width} channels, this project in training", *each) for each in reached.items()]
    medians = table(turns)
    for what in PLAYED:
        ratio = f"{what.split()[0]}: this project is times as fast"
        for name, row in medians[what].iterrows():
            case = f"{width} channels, {name}"
            own.append(Result(setting, case, what, row["median"]))
            if name != "this project":
                own.append(Result(setting, case, ratio, row["we: times"], row["±"]))
    return own


def compete(width: int, source: str | None, turns: int) -> pd.DataFrame:
    """Images a second of each contestant (columns) in each turn (rows); the first turn, which compiles, is left out."""
    command = [sys.executable, "-m", "benchmarks.speed", "--widths", str(width)]
    command += ["--source", source] if source else []
    processes = {
        name: subprocess.Popen(
            [*command, "--contestant", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for name in CONTESTANTS
    }
    rows = []
    for _ in range(turns + 1):
        row: dict[tuple[str, str], float] = {}
        for name, process in processes.items():
            assert process.stdin and process.stdout
            print(file=process.stdin, flush=True)
            row |= {(what, name): float(process.stdout.readline()) for what in PLAYED}
        rows.append(row)
    for process in processes.values():
        process.communicate()
    return frame(rows[1:])


def frame(rows: list[dict[tuple[str, str], float]]) -> pd.DataFrame:
    """A row for each turn, columns by what was done and by whom."""
    return pd.DataFrame([list(row.values()) for row in rows], columns=pd.MultiIndex.from_tuples(rows[0]))


def wait(contestant: Contestant) -> None:
    """Train and draw for some seconds after each line of input, and print the two speeds."""
    for _ in sys.stdin:
        for work in (contestant.train, contestant.draw):
            done, started = 0, time.perf_counter()
            while time.perf_counter() < started + SECONDS:
                done += work()
            print(done / (time.perf_counter() - started), flush=True)


def table(turns: pd.DataFrame) -> pd.DataFrame:
    """Median speeds, and how many times faster this project was in the same turn, with the spread over the turns."""
    parts = {}
    for what in PLAYED:
        ratios = turns[what][["this project"]].to_numpy() / turns[what]
        parts[what] = pd.DataFrame({"median": turns[what].median(), "we: times": ratios.median(), "±": ratios.std()})
    return pd.concat(parts, axis=1)


if __name__ == "__main__":
    main()
