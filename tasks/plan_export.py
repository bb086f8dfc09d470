"""The errand before an export: what it will hold, what made it, and a digest that stands for both."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE

from gan_core.config import Experiment, ExportSettings
from gan_core.errors import BadInput
from gan_core.files import sha256
from gan_core.report import library_versions
from tasks.download import download
from tasks.formats import FORMATS, require
from tasks.normalize import normalize
from tasks.places import cache_home
from tasks.runs import Run, program_digest, resolved
from tasks.shards import Export, planned

if TYPE_CHECKING:
    from gan_core.drawing import GeneratorCard


@dataclass(frozen=True)
class Origin:
    """What made the images of an export."""

    generator: Path
    generator_digest: str
    gan_settings: str  # digest
    gan_seed: int
    data_digest: str  # of the real images that it learned from
    run_id: str | None  # of the run that trained it, where that is known
    figures: Path | None  # that run's report.parquet


@dataclass(frozen=True)
class ExportPlan:
    """All that an export depends on."""

    export: Export
    origin: Origin
    formats: tuple[str, ...]
    identity: str


@task(cache_policy=NO_CACHE, persist_result=False)
def plan_export(generator: Path, formats: Sequence[str], settings: ExportSettings) -> ExportPlan:
    """Look at the generator, a run's folder or its file, and at what is wanted; BadInput for what cannot be."""
    if not formats or not set(formats) <= set(FORMATS):
        raise BadInput(f"Expected formats of {', '.join(FORMATS)}, got {', '.join(formats)}; name one or more of them.")
    require(formats)
    meant = resolved(generator)
    run = Run(meant) if meant.is_dir() else None
    weights = run.generator if run else meant
    if not weights.is_file():
        raise BadInput(
            f"Expected a generator, got {generator}; name the folder of a run that has trained one, or its file."
        )
    card = _card(weights)
    require_names(card.class_names)
    if not card.gan.conditional:
        raise BadInput("Expected a generator that draws by class, got an unconditional one; train one with classes.")
    origin = Origin(
        generator=weights,
        generator_digest=sha256(weights),
        gan_settings=card.gan.digest(),
        gan_seed=card.seed,
        data_digest=card.data_digest,
        run_id=run.id if run else None,
        figures=run.folder / "report.parquet" if run and (run.folder / "report.parquet").is_file() else None,
    )
    export = planned(origin.generator, card, settings, _real_test(run) if settings.real_test else None)
    ordered = tuple(name for name in FORMATS if name in formats)
    parts = [origin.generator_digest, settings.digest(), ordered, origin.run_id, program_digest(), library_versions()]
    identity = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    return ExportPlan(export, origin, ordered, identity)


def require_names(class_names: Sequence[str]) -> None:
    """Raise BadInput unless the names tell the classes apart in every format, as lines of a classes.txt do.

    Parquet and TFDS refuse equal names, the manifest's counts would lose one; TFDS keeps a name a line, without blanks
    at its ends. IDX, ImageFolder and WebDataset go by number.
    """
    counts = Counter(class_names)
    if unfit := sorted(name for name in counts if counts[name] > 1 or name.splitlines() != [name.strip()]):
        raise BadInput(
            "Expected class names that differ, each one line without blanks at its ends, got "
            f"{', '.join(map(repr, unfit))} among them; correct the source's classes.txt and train a generator again."
        )


def _card(weights: Path) -> GeneratorCard:
    from gan_core.drawing import load_generator

    try:
        return load_generator(weights)[1]
    except (EOFError, KeyError, OSError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise BadInput(f"Expected a generator's file, got {weights}, which is none; train one again.") from error


def _real_test(run: Run | None) -> Path:
    """The real test images beside which the run's generator was examined."""
    if run is None or not run.experiment.is_file():
        raise BadInput("Expected the folder of a run as generator, to find its real test images; name one.")
    experiment = Experiment.model_validate_json(run.experiment.read_text())
    real = normalize(download(experiment.source), cache_home() / "normalized", experiment.data, experiment.seed)
    return real.test
