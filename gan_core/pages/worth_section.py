"""The section of a page on worth: the curve with the synthetic set on it, and what was gained beside real subsets."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import FuncFormatter, PercentFormatter

from gan_core.errors import show_share
from gan_core.pages.charts import FIRST, GREY, SECOND, Chart, chart_style, inline_svg, restrain
from gan_core.worth.curve import Curve
from gan_core.worth.gains import Gain, describe_gains

TITLE = "What real images teach, by their number"


@dataclass(frozen=True)
class GainTable:
    """What was gained beside so many real images."""

    images: int
    sentence: str
    rows: Sequence[Gain]


def chart_worth(curve: Curve) -> Chart:
    """The curve of the real subsets, the synthetic set's accuracy across it, and the interval of what it is worth."""
    with chart_style(hashsalt=TITLE):
        drawing = Drawing(figsize=(5.6, 3.2), layout="constrained")
        axes = drawing.subplots()
        _draw_curve(axes, curve)
        _draw_synthetic(axes, curve)
        axes.set_xscale("log")
        axes.set_xlabel("real images")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda images, _: f"{images:,.0f}"))
        axes.minorticks_off()
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        restrain(axes)
        picture = inline_svg(drawing)
    points = "; ".join(f"{point.images:,} real images {show_share(point.accuracy, 1)}" for point in curve.points)
    return Chart(TITLE, picture, f"{TITLE}. {points}. {curve.sentence}")


def _draw_curve(axes: Axes, curve: Curve) -> None:
    sizes = [point.images for point in curve.points]
    low, high = ([getattr(point, end) for point in curve.points] for end in ("low", "high"))
    axes.fill_between(sizes, low, high, color=FIRST, alpha=0.18, lw=0)
    axes.plot(sizes, [point.accuracy for point in curve.points], "o-", color=FIRST, ms=4, lw=1.6, label="real")
    for point in curve.points:
        axes.plot([point.images] * len(point.single), point.single, "o", color=GREY, alpha=0.55, ms=3)


def _draw_synthetic(axes: Axes, curve: Curve) -> None:
    """A line across the chart, and below the curve the interval of what it is worth."""
    synthetic, found = curve.synthetic, curve.equivalent
    label = f"{synthetic.images:,} synthetic"
    axes.axhspan(synthetic.low, synthetic.high, color=SECOND, alpha=0.18, lw=0)
    axes.axhline(synthetic.accuracy, color=SECOND, lw=1.6, label=label)
    low, high = max(found.low, found.least), min(found.high, found.most)
    if low < high:
        axes.axvspan(low, high, color=GREY, alpha=0.15, lw=0)
    if found.images and not math.isinf(found.images):
        axes.plot([found.images], [synthetic.accuracy], "D", color=SECOND, ms=6)


def gain_tables(gains: Sequence[Gain]) -> list[GainTable]:
    """A table for each number of real images."""
    by_size = ((images, list(rows)) for images, rows in groupby(gains, key=lambda gain: gain.images))
    return [GainTable(images, describe_gains(rows), rows) for images, rows in by_size]
