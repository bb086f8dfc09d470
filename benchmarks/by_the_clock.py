"""What the settings teach that `--minutes` chooses among; fills the table that it chooses by.

    python -m benchmarks.by_the_clock --source DIR --rows 0 1 2

Each row of the table names settings. A GAN is trained by them, and classifiers that its images teach are asked about
the validation images; the test images are never read. The mean accuracy goes into the table, with the name of the
results. The last rows take hours each.
"""

import argparse
import csv
import io
from pathlib import Path

from benchmarks.levers import Players, measure
from benchmarks.real import real_images
from benchmarks.result_table import Result, ResultTable, results_option
from gan_core.clock.duration import Images
from gan_core.clock.stages import EPOCHS, TABLE, read_rows, row_experiment
from gan_core.files import write_text

NAME = "by-the-clock"
SETTING = "Fashion-MNIST, validation images, GAN seed 0; the settings in a row of gan_core/clock/table.csv"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source")
    results_option(parser)
    parser.add_argument("--rows", type=int, nargs="+", help="of the table, from 0; all of them if not given")
    parser.add_argument("--seeds", type=int, default=2, help="classifiers taught for each row")
    parser.add_argument("--into", type=Path, default=TABLE, help="the table to fill")
    chosen = parser.parse_args()
    results, players = ResultTable(NAME, chosen.results), Players(real_images(chosen.source))
    real = players.real
    images = Images(len(real.train), len(real.validation), 0, len(real.train.class_names))
    for number in range(len(read_rows(chosen.into))) if chosen.rows is None else chosen.rows:
        row = read_rows(chosen.into)[number]
        measures = measure(row_experiment(row, images), players, chosen.seeds)
        column = "TSTR" if row["taught_by"] == "synthetic" else row["taught_by"]
        accuracy, spread = 100 * measures[column], 100 * measures[f"{column} spread"]
        results.append(
            [
                Result(SETTING, describe(row), f"{column}, %", accuracy, spread, chosen.seeds),
                Result(SETTING, describe(row), "seconds of training", measures["seconds"]),
            ]
        )
        fill(chosen.into, number, f"{accuracy:.2f}")
        print(f"{describe(row)}: {accuracy:.2f} %", flush=True)


def describe(row: dict[str, str]) -> str:
    """The settings of a row in a few words."""
    return (
        f"{row['gan.generator_width']} channels, {row[EPOCHS]} epochs, {row['dataset.per_class']} images a class, "
        f"{row['classifier.name']} of {row['classifier.steps']} steps"
    )


def fill(table: Path, number: int, accuracy: str) -> None:
    """Write an accuracy into a row of the table."""
    rows, text = read_rows(table), io.StringIO()
    rows[number] |= {"accuracy": accuracy, "source": NAME}
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(table, text.getvalue())


if __name__ == "__main__":
    main()
