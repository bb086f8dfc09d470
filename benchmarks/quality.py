"""What equal time buys: TSTR after some minutes of training, beside a tutorial's conditional GAN and `classic`.

    python -m benchmarks.quality --source DIR --minutes 2 5 12

The clock counts training alone. This project plans its step size to the end, so that each length is a training of its
own; the others have constant step sizes and are looked at on their way. Judged on validation images by the two-conv
classifier; one that real training images taught labels the images of the unconditional `classic`, and sees how much of
the validation images 2,000 generated ones cover.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.real import Real, real_images
from benchmarks.result_table import Result, ResultTable, results_option
from gan_core.classifiers.classifier import answer, score, teach
from gan_core.config import CLASSIC, STANDARD, DatasetSettings, GanSettings
from gan_core.gan.drawing import draw, plan_labels
from gan_core.gan.training_loop import Game
from gan_core.images.labelled_images import LabelledImages
from gan_core.measures.diversity_in_training import Probe

TARGETS = 0.80, 0.85, 0.88, 0.90
WARM_UP = 30.0  # seconds in which the speed is measured


def this_project(real: Real, minutes: list[float]) -> Iterator[tuple[float, LabelledImages]]:
    """A whole training for each length, as long as fits at the speed of a first half minute, which does not count."""
    speed = _speed(real, STANDARD.gan)
    for length in minutes:
        images = int(60 * length * speed)
        epochs = max(1, images // len(real.train))
        game = _game(real, STANDARD.gan.model_copy(update={"epochs": epochs}), images // epochs)
        seconds = sum(epoch.seconds for epoch in game.play(real.train))
        yield seconds, _draw(game, STANDARD.dataset, real)


def classic(real: Real, minutes: list[float]) -> Iterator[tuple[float, LabelledImages]]:
    """The plain unconditional GAN, looked at after the quarter of an epoch that ends past each length."""
    game = _game(real, CLASSIC.gan.model_copy(update={"epochs": 10_000}), len(real.train) // 4)
    seconds, left = 0.0, list(minutes)
    for epoch in game.play(real.train):
        seconds += epoch.seconds
        if seconds >= 60 * left[0]:
            drawn = _draw(game, CLASSIC.dataset, real)
            yield seconds, LabelledImages(drawn.images, answer(real.judge, drawn.images), drawn.class_names)
            if not (left := left[1:]):
                return


def tutorial(real: Real, minutes: list[float]) -> Iterator[tuple[float, LabelledImages]]:
    """The tutorial's conditional GAN, looked at after the hundred steps that end past each length."""
    from benchmarks.tutorial_gan import TutorialGan, batches

    gan, seconds = TutorialGan(), 0.0
    gan.compile()
    data = batches(real.train.images, real.train.labels)
    gan.fit(data, steps_per_epoch=2, verbose=0)  # compiles
    labels = _labels(STANDARD.dataset, real)
    for length in minutes:
        while seconds < 60 * length:
            started = time.perf_counter()
            gan.fit(data, steps_per_epoch=100, verbose=0)
            seconds += time.perf_counter() - started
        yield seconds, LabelledImages(np.concatenate(list(gan.draw(labels))), labels, real.train.class_names)


CONTESTANTS: dict[str, Callable[[Real, list[float]], Iterator[tuple[float, LabelledImages]]]] = {
    "this project": this_project,
    "tutorial's conditional GAN": tutorial,
    "classic": classic,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source")
    results_option(parser)
    parser.add_argument("--minutes", type=float, nargs="+", default=[2, 5, 12])
    parser.add_argument("--seeds", type=int, default=3, help="classifiers taught each time")
    parser.add_argument("--contestants", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS))
    chosen = parser.parse_args()
    if chosen.seeds < 2:
        parser.error("expected at least two seeds, to say how they differ")
    results = ResultTable("equal-time", chosen.results)
    real = real_images(chosen.source)
    rows: list[dict[str, Any]] = []
    probe = Probe(real.judge, real.validation, std=1.0)
    for name in chosen.contestants:
        for seconds, synthetic in CONTESTANTS[name](real, sorted(chosen.minutes)):
            taught = [teach(STANDARD.classifier, synthetic, seed) for seed in range(chosen.seeds)]
            scores = [score(one, real.validation, seed=0, seconds=0.0).accuracy for one in taught]
            diversity = probe.compare(synthetic.images)
            rows.append(
                {
                    "": name,
                    "seconds": seconds,
                    "TSTR": np.mean(scores),
                    "±": np.std(scores, ddof=1),
                    "coverage": diversity.coverage,
                    "of one class": diversity.worst_class_coverage,
                    "collapsed": bool(diversity.collapse),
                }
            )
            print(pd.DataFrame(rows[-1:]).to_string(index=False, header=len(rows) == 1), flush=True)
            results.append(found(rows[-1], chosen.seeds))
    print(f"\nseconds to reach, among the lengths tried\n{reached(pd.DataFrame(rows)).to_string()}")


def found(row: dict[str, Any], seeds: int) -> list[Result]:
    """The rows of one training of one contestant."""
    setting = "two-conv classifier, validation images; coverage of 2,000 validation images; GAN seed 0"
    case = f"{row['']}, {row['seconds']:.0f} seconds"
    return [
        Result(setting, case, "TSTR, %", 100 * row["TSTR"], 100 * row["±"], seeds),
        Result(setting, case, "coverage, %", 100 * row["coverage"]),
        Result(setting, case, "coverage of the class covered least, %", 100 * row["of one class"]),
        Result(setting, case, "collapsed", row["collapsed"]),
    ]


def reached(rows: pd.DataFrame) -> pd.DataFrame:
    """The first seconds at which each contestant reached each target, a dash where it did not."""
    cells = {
        f"{target:.2f}": rows[rows["TSTR"] >= target].groupby("")["seconds"].min().reindex(rows[""].unique())
        for target in TARGETS
    }
    return pd.DataFrame(cells).map(lambda seconds: "-" if np.isnan(seconds) else f"{seconds:.0f}")


def _game(real: Real, gan: GanSettings, images: int) -> Game:
    return Game(gan, images=images, shape=real.train.shape, classes=len(real.train.class_names), seed=0)


def _speed(real: Real, gan: GanSettings) -> float:
    """Images a second, without the first second, which compiles."""
    game, epochs, started = _game(real, gan.model_copy(update={"epochs": 10_000}), 4_096), [], time.perf_counter()
    for epoch in game.play(real.train):
        epochs.append(epoch)
        if time.perf_counter() > started + WARM_UP:
            return float(np.median([epoch.images_per_second for epoch in epochs[1:]]))
    raise AssertionError("ten thousand epochs take longer")


def _labels(dataset: DatasetSettings, real: Real) -> np.ndarray:
    return plan_labels(dataset.plan(len(real.train.class_names)), seed=0)


def _draw(game: Game, dataset: DatasetSettings, real: Real) -> LabelledImages:
    labels = _labels(dataset, real)
    images = np.concatenate(list(draw(game.averaged, labels, seed=0, std=dataset.latent_std)))
    return LabelledImages(images, labels, real.train.class_names)


if __name__ == "__main__":
    main()
