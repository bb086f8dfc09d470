"""The card of an export: what is in it, what that is worth, what it must not be used for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from gan_core.audit.record import read_audit
from gan_core.exports.class_folders import folder_names
from gan_core.exports.export_plan import ExportPlan, GeneratorOrigin
from gan_core.exports.shards import Export, ExportSplit
from gan_core.files import read_frame
from gan_core.installed_package import NAME
from gan_core.privacy.ledger import describe_guarantee
from gan_core.worth.worth import read_worth

TEMPLATES = Environment(
    loader=PackageLoader("gan_core.descriptions", ""),
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
    autoescape=False,
)
HUB_PATHS = {  # what the hub's loader reads as the default, the first of these that is there
    "parquet": "parquet/data/{split}-*.parquet",
    "imagefolder": "imagefolder/{split}/**",
    "webdataset": "webdataset/{split}-*.tar",
}
SIZES = (("n<1K", 10**3), ("1K<n<10K", 10**4), ("10K<n<100K", 10**5), ("100K<n<1M", 10**6), ("1M<n<10M", 10**7))


def escape_markdown(text: str) -> str:
    """The text as Markdown shows it letter by letter: no tag, no table, no emphasis (CommonMark 0.31, section 2.4)."""
    return re.sub(r"([\\`*_{}\[\]<>|~&#$])", r"\\\1", text)


TEMPLATES.filters["plain"] = escape_markdown


@dataclass(frozen=True)
class HubSize:
    """A split as the hub's loader meets it."""

    split: ExportSplit
    loaded: int  # bytes that the loader makes of it
    fetched: int  # bytes of its files


def format_card(plan: ExportPlan, digest: str, sizes: Sequence[HubSize]) -> str:
    """The text of README.md, whose head is as the Hugging Face hub wants it of a dataset, or of a model where no image
    is drawn; `digest` is that of all data."""
    text = _body(plan.export, plan.origin, plan.generator_formats)
    return _dataset(_head(plan, digest, sizes), text) if plan.formats else _model(text)


def format_generator_card(origin: GeneratorOrigin, place: str, picture: str) -> str:
    """The text of README.md of a generator at a place where Python finds it; `picture` is a file beside it, if any."""
    return _model(_body(Export((), origin.card.class_names, origin.card.shape), origin, (), place, picture))


def _body(
    export: Export, origin: GeneratorOrigin, generator_formats: Sequence[str], place: str = "", picture: str = ""
) -> str:
    """The text below the head."""
    report = read_frame(origin.figures) if origin.figures else None
    return TEMPLATES.get_template("dataset_card.md.jinja").render(
        title=title(export),
        export=export,
        generator_formats=generator_formats,
        place=place,
        picture=picture,
        package=NAME,
        origin=origin,
        counts={split.name: dict(split.counts) for split in export.splits},
        total=images(export),
        figures=[] if report is None else _figures(report),
        checks=read_audit(origin.audit).checks if origin.audit else (),
        worth=read_worth(origin.worth) if origin.worth else None,
        ledger=origin.card.privacy,
        guarantee=describe_guarantee(origin.card.privacy) if origin.card.privacy else "",
        fidelity=float("nan") if report is None else float(report["label_fidelity"].mean()),
    )


def hub_format(formats: Sequence[str]) -> tuple[str, str] | None:
    """The format that the hub's loader reads of these, and where its files lie; None where it reads none."""
    return next(((name, path) for name, path in HUB_PATHS.items() if name in formats), None)


def title(export: Export) -> str:
    if not export.splits:
        return "A generator of synthetic images"
    return "Synthetic images" + " with a real test split" * any(split.real for split in export.splits)


def images(export: Export) -> int:
    return sum(split.images for split in export.splits)


def _head(plan: ExportPlan, digest: str, sizes: Sequence[HubSize]) -> str:
    """What the hub knows of a dataset, as YAML."""
    from huggingface_hub import DatasetCardData

    found, described = hub_format(plan.formats), dict[str, Any]()
    if found:
        described = {"configs": [_config(plan.export, found[1], digest)], "dataset_info": _info(plan, found[0], sizes)}
    return DatasetCardData(
        pretty_name=title(plan.export),
        license="unknown",
        task_categories=["image-classification"],
        size_categories=[next((name for name, limit in SIZES if images(plan.export) < limit), "10M<n<100M")],
        tags=["synthetic", "gan"],
        **described,
    ).to_yaml(line_break="\n")


def _dataset(head: str, text: str) -> str:
    """The card of a dataset."""
    from huggingface_hub import DatasetCard

    return str(DatasetCard(f"---\n{head}\n---\n\n{text}"))


def _model(text: str) -> str:
    """The card of a model, with what the hub knows of it."""
    from huggingface_hub import ModelCard, ModelCardData

    told = ModelCardData(license="unknown", pipeline_tag="unconditional-image-generation", tags=["synthetic", "gan"])
    head = told.to_yaml(line_break="\n")
    return str(ModelCard(f"---\n{head}\n---\n\n{text}"))


def _config(export: Export, pattern: str, digest: str) -> dict[str, Any]:
    """Where the hub's loader finds the splits.

    Its cache knows a dataset by the folder's name and by what stands here: the digest keeps apart what is not the same.
    """
    files = [{"split": split.name, "path": pattern.format(split=split.name)} for split in export.splits]
    return {"config_name": "default", "data_files": files, "description": f"SHA-256 of all files: {digest}"}


def _info(plan: ExportPlan, name: str, sizes: Sequence[HubSize]) -> dict[str, Any]:
    """What the hub's loader makes of the files in a format."""
    splits = [{"name": size.split.name, "num_bytes": size.loaded, "num_examples": size.split.images} for size in sizes]
    return {
        "features": _features(plan.export, name),
        "splits": splits,
        "download_size": sum(size.fetched for size in sizes),
        "dataset_size": sum(size.loaded for size in sizes),
    }


def _features(export: Export, name: str) -> list[dict[str, Any]]:
    """The columns, as the hub's loader names them in a format."""
    if name == "webdataset":
        columns = {"cls": "int64", "png": "image", "__key__": "string", "__url__": "string"}
        return [{"name": column, "dtype": kind} for column, kind in columns.items()]
    names = export.class_names if name == "parquet" else folder_names(export.class_names)
    label = {"class_label": {"names": {str(number): text for number, text in enumerate(names)}}}
    return [{"name": "image", "dtype": "image"}, {"name": "label", "dtype": label}]


def _figures(report: pd.DataFrame) -> list[dict[str, Any]]:
    """Mean accuracy and its spread of each teaching set."""
    groups = report.groupby(["classifier", "taught_by"], sort=False)["accuracy"]
    rows = groups.agg(accuracy="mean", spread="std", seeds="size").reset_index()
    return [{str(key): value for key, value in row.items()} for row in rows.to_dict("records")]
