"""What a GPU makes of this project: speed and memory beside PyTorch, equal bytes, a run by the clock, and the tests.

    benchmarks/gpu.sh
    benchmarks/gpu.sh --source DIR --turns 5 --run "--experiment full --minutes 5"

Without a GPU the processor does all of it. PyTorch has no numbers where it is not installed, and neither has a part
that ended with an error. The pictures are noise, but for the run, whose are those of the source.
"""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd

from benchmarks.result_table import Result, ResultTable, results_option
from benchmarks.speed import DRAWN, PLAYED, Contestant, found, noise, pytorch, settings, take_turns, this_project, wait
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.shape import ImageShape
from gan_core.reports.run_table import summarise_frame

SHAPE = ImageShape(28, 28, 1)
XLA = "this project, compiled by XLA"
XLA_FLAGS = "TF_XLA_FLAGS=--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit"
TESTS = "tests/compute", "tests/gan/test_networks.py", "tests/gan/test_training_loop.py", "tests/gan/test_drawing.py"
OUTCOMES = "tests", "failures", "errors", "skipped"
EPOCHS, ROUNDS = 2, 4  # of each of the trainings that should end with equal bytes


def mirrored(width: int, real: LabelledImages) -> Contestant:
    """This project's game, played by all GPUs together."""
    import tensorflow as tf

    with tf.distribute.MirroredStrategy().scope():
        return this_project(width, real)


CONTESTANTS: dict[str, Callable[[int, LabelledImages], Contestant]] = {
    "this project": this_project,
    XLA: this_project,
    "this project, mirrored": mirrored,
    "PyTorch eager": lambda width, real: pytorch(width, real, compiled=False),
    "PyTorch compiled": lambda width, real: pytorch(width, real, compiled=True),
}


def compare(chosen: argparse.Namespace) -> list[Result]:
    """Speed and peak memory, the GPU's where there is one, of this project and PyTorch in turns."""
    absent = [name for name in CONTESTANTS if name.startswith("PyTorch") and not find_spec("torch")]
    commands = {
        name: [*(["env", XLA_FLAGS] if name == XLA else []), *this_file(chosen), "--contestant", name]
        for name in CONTESTANTS
        if name not in absent
    }
    case = f"{chosen.width} channels"
    rows = found(take_turns(commands, chosen.turns), case, {})
    return rows + [Result("not installed", f"{case}, {name}", PLAYED[0], np.nan) for name in absent]


def repeat(chosen: argparse.Namespace) -> list[Result]:
    """Whether two processes that train and draw with equal seeds end with equal bytes."""
    command = [*this_file(chosen), "--digest"]
    digests = [subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout for _ in range(2)]
    equal = float(digests[0] == digests[1]) if all(digests) else np.nan
    setting = f"two trainings of {EPOCHS} epochs with equal seeds, {chosen.width} channels"
    return [Result(setting, "weights and drawn pictures", "equal bytes: 1, others: 0", equal)]


def run(chosen: argparse.Namespace) -> list[Result]:
    """What a whole run takes and what its pictures teach."""
    command = [sys.executable, "-m", "flows.commands.entry", "run", *shlex.split(chosen.run)]
    command += ["--source", chosen.source] if chosen.source else []
    setting, started = f"synthetic-data run {chosen.run}", time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        ended = subprocess.run(command, env=os.environ | {"SYNTHETIC_DATA_RUNS": folder}, check=False)
        rows = [
            Result(setting, "the whole run", "seconds", time.perf_counter() - started),
            Result(setting, "the whole run", "exit code", ended.returncode),
        ]
        report = Path(folder, "latest", "report.parquet")
        lines = summarise_frame(pd.read_parquet(report)) if report.exists() else []
    return rows + [
        Result(setting, line.name, "accuracy, %", 100 * line.accuracy, 100 * line.spread, line.seeds) for line in lines
    ]


def test(chosen: argparse.Namespace) -> list[Result]:
    """How the tests end that concern computing."""
    setting, counts = shlex.join(["pytest", *chosen.tests]), dict.fromkeys(OUTCOMES, np.nan)
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder, "told.xml")
        pytest = [sys.executable, "-m", "pytest", "-n", "0", f"--junit-xml={told}", *chosen.tests]
        subprocess.run(pytest, check=False)
        if told.exists():
            suite = ElementTree.parse(told).getroot()[0]
            counts = {name: float(suite.attrib[name]) for name in OUTCOMES}
    return [Result(setting, "all", name, count) for name, count in counts.items()]


def digest(width: int) -> str:
    """The SHA-256 of all weights after a short training, and of the pictures drawn then."""
    from gan_core.gan.drawing import draw
    from gan_core.gan.training_loop import Game

    real, gan = noise(SHAPE), settings(width)
    gan = gan.model_copy(update={"epochs": EPOCHS, "epoch_images": ROUNDS * gan.round_images})
    game = Game(gan, images=len(real), shape=real.shape, classes=len(real.class_names), seed=0)
    list(game.play(real))
    arrays = [*game.state().values(), *draw(game.averaged, real.labels[:DRAWN], seed=0)]
    return sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()


def this_file(chosen: argparse.Namespace) -> list[str]:
    """The command of one of the processes that measure."""
    return [sys.executable, "-m", "benchmarks.gpu", "--width", str(chosen.width), "--seconds", str(chosen.seconds)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", help="of the run")
    results_option(parser)
    parser.add_argument("--turns", type=int, default=3, help="of each contestant, after one that compiles")
    parser.add_argument("--seconds", type=float, default=3.0, help="of training, and of drawing, in a turn")
    parser.add_argument("--width", type=int, default=64, help="channels")
    parser.add_argument("--run", default="--experiment full --minutes 3", help="options of the run")
    parser.add_argument("--tests", nargs="+", default=TESTS)
    parser.add_argument("--contestant", help=argparse.SUPPRESS)
    parser.add_argument("--digest", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.contestant:
        return wait(CONTESTANTS[chosen.contestant](chosen.width, noise(SHAPE)), chosen.seconds)
    if chosen.digest:
        return print(digest(chosen.width))
    results = ResultTable("gpu", chosen.results)
    for part in (compare, repeat, run, test):
        rows = part(chosen)
        results.append(rows)
        print(part.__doc__, *(f"{row.case}: {row.measure} {row.value:,.2f}" for row in rows), sep="\n  ", flush=True)


if __name__ == "__main__":
    main()
