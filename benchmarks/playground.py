"""How long the page of a generator takes to draw its grid of 81 pictures in headless Chromium.

    PYTHONPATH=tests/fixtures python -m benchmarks.playground

The generator has the standard width and is not trained, which changes no time. The browser is spoken to as the tests
of pages do it. The time on the clock is what somebody waits; that of the processor grows little where others keep it
busy.
"""

import argparse
import tempfile
from pathlib import Path

import pandas as pd
from browser import Tab, running_browser

from benchmarks.result_table import Result, ResultTable, results_option
from benchmarks.speed import read_shape
from gan_core.config import GanSettings
from gan_core.gan.networks import Generator
from gan_core.generator_formats import playground
from gan_core.generator_formats.plain_generator import flatten_generator
from gan_core.images.shape import ImageShape

CLASSES = tuple(map(str, range(10)))
PICTURES = 81


def write_page(folder: Path, shape: ImageShape) -> Path:
    """The page of a generator of the standard width."""
    generator = Generator(GanSettings(), shape=shape, classes=len(CLASSES), seed=0)
    playground.write(folder, flatten_generator(generator, CLASSES))
    return folder / playground.NAME


def time_page(tab: Tab, page: Path, turns: int) -> pd.DataFrame:
    """Seconds of each turn (rows), on the clock and of the processor; the first compiles and is left out."""
    tab.open(page)
    tab.call("Performance.enable", timeDomain="threadTicks")
    rows = []
    for seed in range(turns + 1):
        before = _processor_seconds(tab)
        clock = tab.evaluate(
            f"[asked.seed.value, asked.count.value, began] = [{seed}, {PICTURES}, performance.now()];"
            "drawAll().then(() => (performance.now() - began) / 1000)"
        )
        rows.append({"seconds": clock, "seconds of the processor": _processor_seconds(tab) - before})
    return pd.DataFrame(rows[1:])


def _processor_seconds(tab: Tab) -> float:
    metrics = {metric["name"]: metric["value"] for metric in tab.call("Performance.getMetrics")["metrics"]}
    return float(metrics["ThreadTime"])


def found(shape: ImageShape, turns: pd.DataFrame) -> list[Result]:
    """The rows of a shape."""
    setting = f"{PICTURES} pictures by a page, a generator of the standard width, medians of {len(turns)} turns"
    return [Result(setting, str(shape), str(name), turns[name].median(), turns[name].std()) for name in turns]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", nargs="+", type=read_shape, default=[read_shape("28x28x1"), read_shape("32x32x3")])
    parser.add_argument("--turns", type=int, default=5)
    results_option(parser)
    chosen = parser.parse_args()
    results = ResultTable("playground", chosen.results)
    with tempfile.TemporaryDirectory() as folder, running_browser(Path(folder, "profile")) as tab:
        for wanted in chosen.shapes:
            turns = time_page(tab, write_page(Path(folder), wanted), chosen.turns)
            told = ", ".join(f"{median:.2f} {name}" for name, median in turns.median().items())
            print(f"{wanted}: {PICTURES} pictures in {told}")
            results.append(found(wanted, turns))


if __name__ == "__main__":
    main()
