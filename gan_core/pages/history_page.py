"""The history as one self-contained HTML page, by the means of the report's page: no request."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from gan_core.pages.charts import FIRST, GREY, SECOND, Chart, chart_style, inline_svg, restrain
from gan_core.pages.html_page import TEMPLATES, csv_uri
from gan_core.pages.tables import measures_by_name
from gan_core.reports.history_table import EXAMINED_ON, TEACHING, HistoryEntry, changes, summarise_entries
from gan_core.reports.text_table import format_percent

RUN_COLOUR, VERSION_COLOUR = FIRST, SECOND
MARGIN = 1 / 24  # days, at least, before the first and after the last


def render(
    frame: pd.DataFrame,
    *,
    pairs: Sequence[tuple[HistoryEntry, HistoryEntry]],
    promotions: Sequence[Mapping[str, str]],
    left_out: Sequence[str],
) -> str:
    """The page; `pairs` are those whose changes are told, `left_out` says what is missing and why.

    A promotion has version, action, when, who and reason.
    """
    those = summarise_entries(frame)
    by_kind = {kind: [line for line in those if line.kind == kind] for kind in EXAMINED_ON}
    return TEMPLATES.get_template("history_page.html.jinja").render(
        runs=by_kind["run"][::-1],
        versions=by_kind["version"][::-1],
        champion=next((line for line in those if line.champion), None),
        teaching=TEACHING,
        percent=format_percent,
        charts=[chart for chart in (_chart_of_runs(by_kind["run"]), _chart_of_versions(by_kind["version"])) if chart],
        measured=measures_by_name({line.name: line.figures for line in those[::-1]}),
        promotions=promotions[::-1],
        changes=[(before, after, changes(before, after)) for before, after in pairs][::-1],
        left_out=left_out,
        csv=csv_uri(frame),
    )


def _chart_of_runs(those: Sequence[HistoryEntry]) -> Chart | None:
    """Accuracy on test images over time with its spread, and that of the real images."""
    dated = [line for line in those if line.started]
    if not dated:
        return None
    figure, axes = _axes(dated)
    real, means, spreads = (
        [getattr(line, of)[name] for line in dated]
        for of, name in (("accuracy", "real"), ("accuracy", "synthetic"), ("spread", "synthetic"))
    )
    axes.plot(_when(dated), real, "_", color=GREY, ms=9, mew=1.6, label="taught by real")
    bars = np.nan_to_num(spreads)
    axes.errorbar(_when(dated), means, bars, fmt="o", color=RUN_COLOUR, ms=4.5, lw=1.2, label="taught by synthetic")
    return Chart("Runs: accuracy on test images", _finished(figure, axes), _said("runs"))


def _chart_of_versions(those: Sequence[HistoryEntry]) -> Chart | None:
    """Accuracy on validation images over time; filled are those that were promoted, ringed is the champion."""
    dated = [line for line in those if line.started]
    if not dated:
        return None
    figure, axes = _axes(dated)
    for label, filled in (("promoted", VERSION_COLOUR), ("refused", "none")):
        chosen = [line for line in dated if line.note == label]
        means = [line.accuracy["synthetic"] for line in chosen]
        axes.plot(_when(chosen), means, "o", color=VERSION_COLOUR, mfc=filled, ms=5, label=label)
    for line in (line for line in dated if line.champion):
        at = _when([line]), line.accuracy["synthetic"]
        axes.plot(*at, "o", color=VERSION_COLOUR, mfc="none", ms=11, mew=1.4, label=f"champion {line.name}")
    return Chart("Versions: accuracy on validation images", _finished(figure, axes), _said("versions"))


def _said(which: str) -> str:
    return f"Accuracy of the {which} over time. The same numbers are in the table of the {which} below."


def _when(dated: Sequence[HistoryEntry]) -> list[float]:
    return [float(date2num(line.started)) for line in dated if line.started]


def _axes(dated: Sequence[HistoryEntry]) -> tuple[Figure, Axes]:
    with chart_style(hashsalt="history"):
        figure = Figure(figsize=(5.2, 2.9), layout="constrained")
        axes = figure.subplots()
    first, last = min(_when(dated)), max(_when(dated))
    room = max(MARGIN, (last - first) / 20)
    axes.set_xlim(first - room, last + room)
    locator = AutoDateLocator(minticks=2, maxticks=6)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.margins(y=0.15)
    return figure, axes


def _finished(figure: Figure, axes: Axes) -> Markup:
    restrain(axes)
    with chart_style(hashsalt="history"):
        return inline_svg(figure)
