"""The errand before an export: what it will hold, what made it, and a digest that stands for both."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gan_core.audit.record import read_audit
from gan_core.config import ExportSettings
from gan_core.errors import BadInput
from gan_core.exports.export_plan import ExportPlan, GeneratorOrigin
from gan_core.exports.shards import Export, planned
from gan_core.files import Place, read_frame, sha256
from gan_core.gan.generator_card import GeneratorCard
from gan_core.provenance import EXPORT, digest, library_versions, program_digest
from gan_core.worth.worth import read_worth
from tasks.data.download import download
from tasks.data.normalize import normalize
from tasks.export.check_export import read_experiment, read_wanted, require_counts
from tasks.places import cache_home
from tasks.runs.run_folder import AUDIT, Run
from tasks.uncached_task import uncached_task


@uncached_task
def plan_export(generator: Place, formats: Sequence[str], settings: ExportSettings) -> ExportPlan:
    """Look at the generator, a run's folder or its file, and at what is wanted; BadInput for what cannot be."""
    wanted = read_wanted(generator, formats, settings)
    run, weights, card = wanted.run, wanted.weights, wanted.card
    require_weights(weights)
    origin = find_origin(run, weights, card)
    export = Export((), card.class_names, card.shape)
    if wanted.formats:
        export = planned(origin.generator, card, settings, _real_test(run) if settings.real_test else None)
        require_counts(wanted.formats, {split.name: dict(split.counts) for split in export.splits}, export.class_names)
    tests = [split.source for split in export.splits if split.real]
    found = [sha256(file) for file in (*tests, origin.audit, origin.worth) if file]
    all_formats = *wanted.formats, *wanted.generator_formats
    made_by = origin.generator_digest, settings.digest(), all_formats, origin.run_id
    identity = digest(*made_by, program_digest(EXPORT), library_versions(), *found)
    return ExportPlan(export, origin, wanted.formats, wanted.generator_formats, identity)


def find_origin(run: Run | None, weights: Place, card: GeneratorCard) -> GeneratorOrigin:
    """A generator with what is known of it; no figure of real images goes with a private one."""
    told = None if card.privacy else run
    return GeneratorOrigin(
        generator=weights,
        generator_digest=sha256(weights),
        card=card,
        run_id=told.id if told else None,
        figures=find_figures(told),
        audit=None if card.privacy else find_audit(run, weights),
        worth=find_worth(told),
    )


def find_figures(run: Run | None) -> Place | None:
    """The report of the run, for the card; None if there is none, BadInput for a damaged one."""
    if not run or not run.frame.is_file():
        return None
    read_frame(run.frame)
    return run.frame


def find_audit(run: Run | None, weights: Place) -> Place | None:
    """What the audit of the generator's images found, beside the run or the version; None if there was none.

    Raises BadInput for a damaged file.
    """
    file = run.audit if run else weights.with_name(AUDIT)
    if not file.is_file():
        return None
    read_audit(file)
    return file


def find_worth(run: Run | None) -> Place | None:
    """What the images of the run are worth, for the card; None if that is not known, BadInput for a damaged file."""
    return run.worth if run and read_worth(run.worth) else None


def require_weights(weights: Place) -> None:
    """Raise BadInput unless the networks of today take the file's weights."""
    from gan_core.gan.drawing import load_generator

    try:
        load_generator(weights)
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(
            f"Expected the weights of this program's generator in {weights}, got others; train one again."
        ) from error


def _real_test(run: Run | None) -> Path:
    """The real test images beside which the run's generator was examined."""
    experiment = read_experiment(run)
    real = normalize(download(experiment.source), cache_home() / "normalized", experiment.data, experiment.seed)
    return real.test
