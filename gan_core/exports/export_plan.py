"""All that an export depends on, and what made its images."""

from dataclasses import dataclass

from gan_core.exports.shards import Export
from gan_core.files import Place
from gan_core.gan.generator_card import GeneratorCard


@dataclass(frozen=True)
class GeneratorOrigin:
    """What made the images of an export."""

    generator: Place
    generator_digest: str
    card: GeneratorCard
    run_id: str | None  # of the run that trained it, where that is known
    figures: Place | None  # that run's report.parquet
    audit: Place | None = None  # what an audit of its images found, as JSON
    worth: Place | None = None  # as how many real images those of the run teach, as JSON


@dataclass(frozen=True)
class ExportPlan:
    """All that an export depends on."""

    export: Export
    origin: GeneratorOrigin
    formats: tuple[str, ...]  # of the drawn images
    generator_formats: tuple[str, ...]  # of the generator itself
    identity: str

    @property
    def all_formats(self) -> tuple[str, ...]:
        return *self.formats, *self.generator_formats
