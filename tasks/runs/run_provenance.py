"""What the report of a run was made from."""

from gan_core.config import Experiment
from gan_core.files import sha256
from gan_core.provenance import Provenance, library_versions, program_digest
from tasks.data.normalize import RealSets
from tasks.runs.run_folder import Run


def run_provenance(splits: RealSets, experiment: Experiment, run: Run) -> Provenance:
    """The digests of settings, data, generator and program; the generator must be trained."""
    from gan_core.compute.precision import resolve_policy

    return Provenance(
        run_id=run.id,
        settings_digest=experiment.settings_digest(),
        data_digest=splits.digest,
        generator_digest=sha256(run.generator),
        program_digest=program_digest(),
        versions=library_versions(),
        precision=resolve_policy(experiment.gan.precision),
    )
