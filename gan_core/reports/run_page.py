"""The report as one self-contained HTML page: no script, no request, and equal inputs give equal bytes."""

import io
import math
import mimetypes
import re
from base64 import b64encode
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from pydantic.fields import FieldInfo

from gan_core.config import Experiment, Settings
from gan_core.files import Place
from gan_core.measures.diversity import Diversity
from gan_core.measures.tstr import Examination
from gan_core.reports.run_table import summarise_results
from gan_core.settings_grid import format_value

NETWORK_COLOURS = {"generator": "#3b76e1", "discriminator": "#e0762f"}  # legible on white and on near black
GREY = "#8a8f98"  # lines of a chart's frame, likewise; its letters follow the page's style sheet
TEMPLATES = Environment(
    loader=PackageLoader("gan_core.reports", ""),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)


@dataclass(frozen=True)
class Cell:
    """One number of a heat-mapped table."""

    text: str
    heat: float = 0.0  # depth of the background, 0 to 1
    good: bool = True  # which of the two hues


@dataclass(frozen=True)
class Confusion:
    """A confusion matrix in per cent of its rows."""

    title: str
    rows: str  # what a row is
    cells: list[list[Cell]]


def render(
    *,
    examinations: Sequence[Examination],
    trts: Examination,
    labelled_by: str | None,
    frame: pd.DataFrame,
    history: pd.DataFrame,
    experiment: Experiment,
    mosaic: Place,
    grids: Sequence[Place],
    evolution: Place | None,
    class_names: Sequence[str],
    notes: Sequence[str] = (),
    diversity: Diversity | None = None,
) -> str:
    """The page; `frame` is the tidy report, `labelled_by` completes "its images were labelled by ..."."""
    lines = summarise_results(examinations, trts)
    provenance = {str(column): value for column, value in frame.iloc[0].items()}
    tested = examinations[0].scores[0].confusion.sum(axis=1)
    return TEMPLATES.get_template("run_page.html.jinja").render(
        experiment=experiment,
        run_id=provenance["run_id"],
        lines=lines,
        classifiers=list(dict.fromkeys(examination.classifier for examination in examinations)),
        test_images=int(tested.sum()),
        tested=tested.tolist(),
        diversity=diversity.summary if diversity else "",
        labelled_by=labelled_by,
        notes=notes,
        mosaic=_embedded(mosaic),
        evolution=_embedded(evolution) if evolution else None,
        last_grid=_embedded(grids[-1]) if grids else None,
        charts=[_chart(history, quantity) for quantity in ("loss", "accuracy")] if len(history) else [],
        class_names=class_names,
        recalls=_recalls(examinations, trts),
        confusions=[
            _confusion(line.name, "label" if item is trts else "true class", item.confusion)
            for line, item in zip(lines, (*examinations, trts), strict=True)
        ],
        settings=_settings(experiment),
        precision=provenance["precision"],
        digests={key: provenance[f"{key}_digest"] for key in ("settings", "data", "generator", "program")},
        versions={key.removeprefix("version_"): text for key, text in provenance.items() if key.startswith("version_")},
        csv=csv_uri(frame),
    )


def csv_uri(frame: pd.DataFrame) -> str:
    """A frame as a data URI of CSV."""
    return "data:text/csv;base64," + b64encode(frame.to_csv(index=False, lineterminator="\n").encode()).decode()


def _embedded(path: Place) -> str:
    """A picture file as a data URI."""
    kind, _ = mimetypes.guess_type(path.name)
    return f"data:{kind};base64,{b64encode(path.read_bytes()).decode()}"


def _recalls(examinations: Sequence[Examination], trts: Examination) -> list[list[Cell]]:
    """Mean recall over the seeds, one row a class, one column an examination."""
    columns = [np.mean([score.class_recall for score in item.scores], axis=0) for item in (*examinations, trts)]
    return [[_recall_cell(share) for share in row] for row in np.stack(columns, axis=1).tolist()]


def _recall_cell(share: float) -> Cell:
    """The heat is the share that was missed."""
    return Cell("—") if math.isnan(share) else Cell(f"{100 * share:.1f}", 1 - share, good=False)


def _confusion(title: str, rows: str, confusion: np.ndarray) -> Confusion:
    """Shares of each row; a row without images is blank."""
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    cells = [
        [_confusion_cell(share, right=row == column) for column, share in enumerate(line)]
        for row, line in enumerate(shares.tolist())
    ]
    return Confusion(title, rows, cells)


def _confusion_cell(share: float, right: bool) -> Cell:
    """Squared or rooted heat, so that right answers differ near 1 and wrong ones near 0; a rounded 0 is left out."""
    text = f"{100 * share:.0f}".removeprefix("0")
    return Cell(text, (share**2 if right else math.sqrt(share)) if text else 0.0, right)


def _settings(experiment: Experiment) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Name, value and meaning of each setting, by section."""
    top, sections = [], []
    for name, field in type(experiment).model_fields.items():
        value = getattr(experiment, name)
        if isinstance(value, Settings):
            fields = type(value).model_fields.items()
            sections.append(
                (name, [(key, format_value(getattr(value, key)), item.description or "") for key, item in fields])
            )
        else:
            top.append(_setting(experiment, name, field))
    return [("experiment", top), *sections]


def _setting(settings: Settings, name: str, field: FieldInfo) -> tuple[str, str, str]:
    return name, format_value(getattr(settings, name)), field.description or ""


def _chart(history: pd.DataFrame, quantity: str) -> Markup:
    """The generator's and the discriminator's `quantity` over the epochs, as inline SVG."""
    with chart_style(hashsalt=quantity):
        figure = Figure(figsize=(5.2, 2.9), layout="constrained")
        axes = figure.subplots()
        for network, colour in NETWORK_COLOURS.items():
            axes.plot(
                history["epoch"], history[f"{network}_{quantity}"], "o-", color=colour, ms=2.5, lw=1.6, label=network
            )
        if quantity == "accuracy":
            axes.set_ylim(0, 1.03)
            axes.yaxis.set_major_formatter(PercentFormatter(1))
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        restrain(axes)
        return inline_svg(figure)


def chart_style(hashsalt: str) -> AbstractContextManager[None]:
    """Matplotlib's own defaults, whatever a user's matplotlibrc says, but for ours; the salt shapes names in an SVG."""
    return style.context(["default", {"svg.hashsalt": hashsalt, "svg.fonttype": "none", "font.size": 10}])


def restrain(axes: Axes) -> None:
    """Take away of the frame what carries no number, and put the legend above it."""
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(GREY)
    axes.tick_params(color=GREY, length=3)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", color=GREY, alpha=0.25, lw=0.7)
    axes.legend(frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2, handlelength=1.2)


def inline_svg(figure: Figure) -> Markup:
    """The figure as an `svg` element without date, prologue and group names, which two charts would share."""
    buffer = io.StringIO()
    figure.savefig(
        buffer, format="svg", transparent=True, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type"))
    )
    element = buffer.getvalue()
    element = element[element.index("<svg") :]
    return Markup(re.sub(r'<g id="[^"]*"', "<g", element))
