"""The machine-readable description of a dataset, croissant.json, as MLCommons specifies it.

All files but single images stand there with their digests. What mlcroissant reads is described as records too: Parquet
files, each alone, with its digest checked, and all of a split together; and folders of images. Equal datasets give
equal bytes, so that it bears no date.
Specification: https://docs.mlcommons.org/croissant/docs/croissant-spec.html
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from gan_core.descriptions.dataset_card import images, title
from gan_core.exports.export_plan import ExportPlan
from gan_core.exports.shards import Export, ExportSplit

if TYPE_CHECKING:
    import mlcroissant as mlc

NO_DATE = datetime(1970, 1, 1)  # the field is asked for; any other day would be one that nothing was published on
ENCODINGS = {
    ".parquet": "application/x-parquet",
    ".png": "image/png",
    ".tar": "application/x-tar",
    ".gz": "application/gzip",
    ".json": "application/json",
    ".html": "text/html",
    ".md": "text/markdown",
    ".txt": "text/plain",
}
PATTERNS = {"parquet": "parquet/data/{}-*.parquet", "imagefolder": "imagefolder/{}/*.png"}  # * takes folders in


def format_croissant(plan: ExportPlan, files: dict[str, tuple[int, str]]) -> str:
    """The text of croissant.json for the bytes and the SHA-256 of each file."""
    import mlcroissant as mlc

    export = plan.export
    sets = [(name, split) for name in PATTERNS if name in plan.formats for split in export.splits]
    metadata = mlc.Metadata(
        name=f"synthetic-images-{plan.identity[:12]}",
        description=_description(export),
        version="1.0.0",
        license="unknown",
        cite_as=f"{title(export)}, dataset {plan.identity[:12]}, generator {plan.origin.generator_digest[:12]}.",
        date_published=NO_DATE,
        keywords=["synthetic", "gan", "image-classification"],
        data_limitations=["A score on synthetic images says nothing about real ones."],
        distribution=[
            *(_file(name, *file) for name, file in files.items() if not name.endswith(".png")),
            *(_file_set(name, split) for name, split in sets),
        ],
        record_sets=[
            _classes(export.class_names),
            *(_records_of_set(name, split) for name, split in sets),
            *(_records_of_file(name) for name in files if name.endswith(".parquet")),
        ],
    )
    return json.dumps(metadata.to_json(), indent=1, ensure_ascii=False) + "\n"


def _description(export: Export) -> str:
    made = [f"{split.name}: {split.images} {'real' if split.real else 'synthetic'} images" for split in export.splits]
    return (
        f"{images(export)} images of {export.shape} in {len(export.class_names)} classes; "
        f"{', '.join(made)}. The synthetic ones were drawn by a class-conditional generative adversarial network. "
        "Equal datasets are equal bytes, so the date of publication is none; the licence is unknown, as is that of "
        "the images that the generator learned from. manifest.json says what it was made from."
    )


def _file(name: str, size: int, digest: str) -> mlc.FileObject:
    import mlcroissant as mlc

    return mlc.FileObject(
        id=name,
        name=name,
        content_url=name,
        content_size=f"{size} B",
        encoding_formats=[_encoding(name)],
        sha256=digest,
    )


def _file_set(name: str, split: ExportSplit) -> mlc.FileSet:
    import mlcroissant as mlc

    pattern, key = PATTERNS[name].format(split.name), f"{name}-{split.name}-files"
    return mlc.FileSet(id=key, name=key, includes=[pattern], encoding_formats=[_encoding(pattern)])


def _classes(class_names: tuple[str, ...]) -> mlc.RecordSet:
    """The names behind the labels, which are numbers."""
    import mlcroissant as mlc

    return mlc.RecordSet(
        id="classes",
        name="classes",
        key=["classes/label"],
        fields=[
            mlc.Field(id="classes/label", name="label", data_types=[mlc.DataType.INTEGER]),
            mlc.Field(id="classes/name", name="name", data_types=[mlc.DataType.TEXT]),
        ],
        data=[{"classes/label": number, "classes/name": name} for number, name in enumerate(class_names)],
    )


def _records_of_set(name: str, split: ExportSplit) -> mlc.RecordSet:
    """All images of a split; mlcroissant checks no digests of many files read together."""
    import mlcroissant as mlc

    key = f"{name}-{split.name}"
    if name == "parquet":
        return _records(key, *_columns(file_set=f"{key}-files"))
    content, path = mlc.Extract(file_property="content"), mlc.Extract(file_property="fullpath")
    number = mlc.Transform(regex=f"imagefolder/{split.name}/([0-9]+)")
    return _records(
        key,
        mlc.Source(file_set=f"{key}-files", extract=content),
        mlc.Source(file_set=f"{key}-files", extract=path, transforms=[number]),
    )


def _records_of_file(name: str) -> mlc.RecordSet:
    """The images of one Parquet file, whose digest mlcroissant checks when it reads them."""
    return _records(f"parquet-{PurePosixPath(name).stem}", *_columns(file_object=name))


def _columns(**of: str) -> tuple[mlc.Source, mlc.Source]:
    import mlcroissant as mlc

    image, label = mlc.Extract(column="image"), mlc.Extract(column="label")
    return mlc.Source(extract=image, transforms=[mlc.Transform(json_path="bytes")], **of), mlc.Source(
        extract=label, **of
    )


def _records(key: str, image: mlc.Source, label: mlc.Source) -> mlc.RecordSet:
    import mlcroissant as mlc

    return mlc.RecordSet(
        id=key,
        name=key,
        fields=[
            mlc.Field(id=f"{key}/image", name="image", data_types=[mlc.DataType.IMAGE_OBJECT], source=image),
            mlc.Field(id=f"{key}/label", name="label", data_types=[mlc.DataType.INTEGER], source=label),
        ],
    )


def _encoding(name: str) -> str:
    return ENCODINGS.get(PurePosixPath(name).suffix, "application/octet-stream")
