"""What a measure is, and a figure: one value of a measure with its interval and what it rests on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from gan_core.errors import show_share

Aspect = Literal["useful", "diverse", "memorised", "trusted"]
Direction = Literal["higher is better", "lower is better"]
Unit = Literal["share", "distance", "factor", "count"]
COLUMNS = ("measure", "of", "classifier", "class", "seed", "value", "low", "high", "images")


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One way to judge a synthetic set, as tables, pages and `docs/metrics.md` describe it."""

    name: str  # of columns and options, as `manifold_recall`
    title: str
    aspect: Aspect  # the question that it helps to answer
    meaning: str  # one plain sentence
    direction: Direction
    chance: str  # what a set without any information would have
    source: str  # paper and equation
    lowest: float = 0
    highest: float = 1  # infinity where nothing bounds it
    unit: Unit = "share"

    def format(self, value: float) -> str:
        """The value as a page shows it: shares in per cent, counts with two digits, a dash for what is no number."""
        if math.isnan(value):
            return "—"
        if self.unit == "count":
            return "more than all" if math.isinf(value) else f"{float(f'{value:.2g}'):,.0f}"
        text = show_share(value, 1) if self.unit == "share" else f"{value:.3g}"
        return text.replace("-", "\N{MINUS SIGN}", 1) if value < 0 else text


@dataclass(frozen=True)
class Figure:
    """One value of a measure."""

    measure: Measure
    of: str  # what was measured, as `synthetic`, `both` or a planted control
    value: float
    low: float = math.nan  # of the 95 % interval
    high: float = math.nan
    group: str = ""  # the class, empty for all together
    seed: int | None = None  # of the classifier, None for the mean over all
    images: int = 0  # that it rests on
    classifier: str = ""  # that was taught and asked, empty where none was

    @property
    def text(self) -> str:
        """The value with its interval."""
        value, low, high = map(self.measure.format, (self.value, self.low, self.high))
        return value if math.isnan(self.low) else f"{value} ({low.removesuffix(' %')} to {high})"


def build_measures_frame(figures: Sequence[Figure]) -> pd.DataFrame:
    """One row a figure, with the columns `COLUMNS`; `class` is empty for all classes together."""
    rows = [
        (
            *(each.measure.name, each.of, each.classifier, each.group, each.seed),
            *(each.value, each.low, each.high, each.images),
        )
        for each in figures
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"seed": "Int64", "images": "int64"})
