"""The dataset card: what is in a dataset, what it is worth, what it must not be used for."""

from __future__ import annotations

from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from gan_core.files import read_frame
from tasks.plan_export import Origin
from tasks.shards import Export

TEMPLATES = Environment(
    loader=PackageLoader("tasks", ""), trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined, autoescape=False
)
HUB_PATHS = {  # what the hub's loader reads as the default, the first of these that is there
    "parquet": "parquet/data/{split}-*.parquet",
    "imagefolder": "imagefolder/{split}/**",
    "webdataset": "webdataset/{split}-*.tar",
}
SIZES = (("n<1K", 10**3), ("1K<n<10K", 10**4), ("10K<n<100K", 10**5), ("100K<n<1M", 10**6), ("1M<n<10M", 10**7))


def card(export: Export, origin: Origin, formats: tuple[str, ...], counts: dict[str, dict[str, int]]) -> str:
    """The text of README.md, whose head is as the Hugging Face hub wants it."""
    from huggingface_hub import DatasetCard

    report = read_frame(origin.figures) if origin.figures else None
    text = TEMPLATES.get_template("card.md.jinja").render(
        title=title(export),
        export=export,
        origin=origin,
        formats=formats,
        counts=counts,
        total=images(export),
        figures=[] if report is None else _figures(report),
        fidelity=float("nan") if report is None else float(report["label_fidelity"].mean()),
    )
    return str(DatasetCard(f"---\n{_head(export, formats)}\n---\n\n{text}"))


def title(export: Export) -> str:
    return "Synthetic images" + " with a real test split" * any(split.real for split in export.splits)


def images(export: Export) -> int:
    return sum(split.images for split in export.splits)


def _head(export: Export, formats: tuple[str, ...]) -> str:
    """What the hub knows of a dataset, as YAML."""
    from huggingface_hub import DatasetCardData

    return DatasetCardData(
        pretty_name=title(export),
        license="unknown",
        task_categories=["image-classification"],
        size_categories=[next((name for name, limit in SIZES if images(export) < limit), "10M<n<100M")],
        tags=["synthetic", "gan"],
        configs=_configs(export, formats),
    ).to_yaml(line_break="\n")


def _configs(export: Export, formats: tuple[str, ...]) -> list[dict[str, Any]] | None:
    """Where the hub's loader finds the splits; None where it reads none of the formats."""
    pattern = next((pattern for name, pattern in HUB_PATHS.items() if name in formats), None)
    if pattern is None:
        return None
    files = [{"split": split.name, "path": pattern.format(split=split.name)} for split in export.splits]
    return [{"config_name": "default", "data_files": files}]


def _figures(report: pd.DataFrame) -> list[dict[str, Any]]:
    """Mean accuracy and its spread of each teaching set."""
    groups = report.groupby(["classifier", "taught_by"], sort=False)["accuracy"]
    rows = groups.agg(accuracy="mean", spread="std", seeds="size").reset_index()
    return [{str(key): value for key, value in row.items()} for row in rows.to_dict("records")]
