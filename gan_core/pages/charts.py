"""Charts as inline SVG whose letters follow the page: curves over the epochs, and accuracies with their intervals."""

import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import MaxNLocator, PercentFormatter

from gan_core.measures import diversity, frechet_distance, manifold
from gan_core.measures.measure import Measure

FIRST, SECOND = "#3b76e1", "#e0762f"  # legible on white and on near black
GREY = "#8a8f98"  # lines of a chart's frame, likewise; its letters follow the page's style sheet
NETWORKS, QUANTITIES = ("generator", "discriminator"), ("loss", "accuracy")
MEASURED: dict[str, Measure] = {  # by the columns of a history
    "coverage": diversity.SAMPLE_COVERAGE,
    "worst_class_coverage": diversity.WORST_CLASS,
    "manifold_recall": manifold.MANIFOLD_RECALL,
    "evenness": diversity.EVENNESS,
    "repeated": diversity.REPEATED,
    "frechet": frechet_distance.FRECHET_DISTANCE,
}
SAMPLED = ", in a sample"  # what is measured after an epoch, and is another figure than that of the whole set
DISTANCES = ("loss", "frechet")  # what is no share


@dataclass(frozen=True)
class Chart:
    """A picture of numbers, and the same in words for who does not see it."""

    title: str
    picture: Markup
    description: str
    note: str = ""


@dataclass(frozen=True)
class Bar:
    """One accuracy of a chart; shares of 1."""

    name: str
    value: float
    low: float = math.nan  # of its interval
    high: float = math.nan
    single: Sequence[float] = ()  # of each seed


def chart_training(history: pd.DataFrame) -> list[Chart]:
    """Loss and accuracy of both networks, where there are both, and each measure of the generator, over the epochs."""
    networks = [
        chart_curves(quantity.capitalize(), lines, quantity)
        for quantity in QUANTITIES
        if (lines := {name: (history, f"{name}_{quantity}") for name in NETWORKS if f"{name}_{quantity}" in history})
    ]
    measured = [chart_curves(title, {title: (history, name)}, name, note) for name, title, note in _measured([history])]
    return [*networks, *measured]


def chart_trainings(histories: Mapping[str, pd.DataFrame]) -> list[Chart]:
    """The same of several runs, by their names: a chart for each quantity, a line for each run."""
    networks = [
        (f"{name}_{quantity}", f"{quantity.capitalize()} of the {name}", "")
        for quantity in QUANTITIES
        for name in NETWORKS
    ]
    return [
        chart_curves(title, {run: (each, column) for run, each in histories.items()}, column.split("_")[-1], note)
        for column, title, note in [*networks, *_measured(list(histories.values()))]
        if all(column in history for history in histories.values())
    ]


def _measured(histories: Sequence[pd.DataFrame]) -> Iterator[tuple[str, str, str]]:
    """The columns that measure the generator, with their titles and directions."""
    for name, measure in MEASURED.items():
        if all(name in history for history in histories):
            yield name, f"{measure.title.removesuffix(SAMPLED)}{SAMPLED}", f"{measure.direction.capitalize()}."


def chart_curves(title: str, lines: Mapping[str, tuple[pd.DataFrame, str]], quantity: str, note: str = "") -> Chart:
    """Lines over the epochs by their names, each a column of a history; `quantity` says how its numbers are written."""
    with chart_style(hashsalt=title):
        drawing = Drawing(figsize=(5.2, 2.9), layout="constrained")
        axes = drawing.subplots()
        for (label, (history, column)), colour in zip(lines.items(), (FIRST, SECOND), strict=False):
            axes.plot(history["epoch"], history[column], "o-", color=colour, ms=2.5, lw=1.6, label=label)
        if quantity not in DISTANCES:
            axes.set_ylim(-0.02, 1.03)
            axes.yaxis.set_major_formatter(PercentFormatter(1))
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        restrain(axes, legend=len(lines) > 1)
        picture = inline_svg(drawing)
    return Chart(
        title, picture, f"{title}. {'; '.join(_in_words(label, *line) for label, line in lines.items())}.", note
    )


def _in_words(label: str, history: pd.DataFrame, column: str) -> str:
    first, last = history.iloc[0], history.iloc[-1]
    return (
        f"{label}: {first[column]:.3g} after epoch {first['epoch']:.0f}, {last[column]:.3g} after epoch "
        f"{last['epoch']:.0f}"
    )


def chart_accuracies(title: str, bars: Sequence[Bar]) -> Chart:
    """A row for each accuracy: its mean, its interval if there is one, and pale the accuracy of each seed."""
    with chart_style(hashsalt=title):
        drawing = Drawing(figsize=(5.6, 0.6 + 0.32 * len(bars)), layout="constrained")
        axes, rows = drawing.subplots(), np.arange(len(bars))
        for row, bar in zip(rows, bars, strict=True):
            axes.plot(bar.single, [row] * len(bar.single), "o", color=GREY, alpha=0.55, ms=4)
            axes.plot([bar.low, bar.high], [row, row], "-", color=FIRST, lw=2)
        axes.plot([bar.value for bar in bars], rows, "o", color=FIRST, ms=6.5)
        axes.set_yticks(rows, [bar.name for bar in bars])
        axes.set_ylim(len(bars) - 0.5, -0.5)
        axes.margins(x=0.08)
        axes.xaxis.set_major_formatter(PercentFormatter(1))
        restrain(axes, along="x", legend=False)
        picture = inline_svg(drawing)
    return Chart(title, picture, f"{title}. The same numbers are in the table below.")


def chart_style(hashsalt: str) -> AbstractContextManager[None]:
    """Matplotlib's own defaults, whatever a user's matplotlibrc says, but for ours; the salt shapes names in an SVG."""
    return style.context(["default", {"svg.hashsalt": hashsalt, "svg.fonttype": "none", "font.size": 10}])


def restrain(axes: Axes, *, along: str = "y", legend: bool = True) -> None:
    """Take away of the frame what carries no number, and put the legend above it."""
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(GREY)
    axes.tick_params(color=GREY, length=3)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x" if along == "x" else "y", color=GREY, alpha=0.25, lw=0.7)
    if legend:
        axes.legend(
            frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2, handlelength=1.2
        )


def inline_svg(drawing: Drawing) -> Markup:
    """The figure as an `svg` element without date, prologue and group names, which two charts would share."""
    buffer = io.StringIO()
    drawing.savefig(
        buffer, format="svg", transparent=True, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type"))
    )
    element = buffer.getvalue()
    element = element[element.index("<svg") :]
    return Markup(re.sub(r'<g id="[^"]*"', "<g", element))
