"""The manifest of an export: what it holds and what made it, with the size and the digest of each file."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from gan_core.audit.record import read_audit
from gan_core.config import ExportSettings
from gan_core.exports.export_plan import ExportPlan
from gan_core.gan.generator_card import GeneratorCard
from gan_core.installed_package import LICENSE, program_commit, program_version
from gan_core.provenance import library_versions


def describe_dataset(plan: ExportPlan, settings: ExportSettings) -> dict[str, Any]:
    """What the manifest says of an export besides its files."""
    origin, export, card = plan.origin, plan.export, plan.origin.card
    wanted = {"settings": settings.model_dump(mode="json"), "settings_digest": settings.digest()}
    return {
        "dataset_id": plan.identity[:12],
        "formats": plan.all_formats,
        "class_names": export.class_names,
        "shape": list(export.shape),
        "splits": {
            split.name: {
                "made_by": "camera" if split.real else "generator",
                "seed": None if split.real else split.seed,
                "images": split.images,
                "counts": {export.class_names[number]: count for number, count in split.counts},
            }
            for split in export.splits
        },
        **(wanted if plan.formats else {}),
        **({"generator": describe_generator(card)} if plan.generator_formats else {}),
        "generator_digest": origin.generator_digest,
        "gan_settings_digest": card.gan.digest(),
        "gan_seed": card.seed,
        "audit": [
            {"check": check.name, "verdict": check.verdict, "found": check.sentence}
            for check in (read_audit(origin.audit).checks if origin.audit else ())
        ],
        "source_data_digest": card.data_digest or None,
        "privacy": json.loads(card.privacy.to_json()) if card.privacy else None,
        "run_id": origin.run_id,
        "program_version": program_version(),
        "program_license": LICENSE,  # not that of the data, which is the source's
        "commit": program_commit(),
        "versions": library_versions(),
    }


def describe_generator(card: GeneratorCard) -> dict[str, Any]:
    """What its readers must know of a generator that was exported itself, and the settings that it was trained with."""
    from gan_core.compute.precision import resolve_policy

    return {
        "latent_size": card.gan.latent_size,
        "conditional": card.gan.conditional,
        "arithmetic": resolve_policy(card.gan.precision),
        "settings": card.gan.model_dump(mode="json"),
    }


def format_manifest(contents: dict[str, Any], files: Iterable[tuple[str, int, str]]) -> Iterator[str]:
    """The manifest as JSON, with a line for each file."""
    yield json.dumps(contents | {"files": {}}, indent=1, ensure_ascii=False).removesuffix("}\n}")
    comma = ""
    for name, size, digest in files:
        fixed = {"bytes": size, "sha256": digest}
        yield f"{comma}\n  {json.dumps(name, ensure_ascii=False)}: {json.dumps(fixed)}"
        comma = ","
    yield "\n }\n}\n"
