"""A challenger is trained and takes the champion's place only if it is better."""

from prefect import flow

from gan_core.config import STANDARD, Experiment, RetrainSettings
from tasks.audit.audit_run import audit_run
from tasks.data.real_images import real_images
from tasks.examination.teacher import Teacher
from tasks.registry.challenge import add_version, compare_generators, conclude_challenge, open_challenge
from tasks.registry.model_registry import ModelRegistry, models_folder
from tasks.registry.records import Record
from tasks.runs.open_or_resume_run import open_run
from tasks.training.generate_dataset import generate_dataset
from tasks.training.team import assemble
from tasks.training.train_gan import train_along, train_gan
from tasks.training.train_privately import train_privately


@flow(name="retrain", persist_result=True, result_serializer="json")
def retrain(
    experiment: Experiment = STANDARD,
    settings: RetrainSettings = RetrainSettings(),  # noqa: B008  frozen
) -> Record | None:
    """Train a challenger and promote it if it beats the champion by more than noise, has not collapsed nor copies.

    Both draw from one seed, and the same classifiers that their images teach are asked about the validation images.
    Where several hosts train the challenger, one does all the rest; the others return nothing.
    """
    team, registry = assemble(), ModelRegistry(models_folder())
    real = real_images(experiment)
    if team.follows:
        return train_along(real, experiment)
    with (
        open_challenge(registry, experiment, settings, real) as challenge,
        open_run(challenge.experiment, real.digest, challenge.start_digest) as run,
    ):
        teacher, dataset, seed = Teacher(real.train, experiment.classifier), experiment.dataset, experiment.seed
        if experiment.private:
            generator = train_privately(real, challenge.experiment, run, teacher=teacher)
        else:
            generator = train_gan(real, challenge.experiment, run, teacher=teacher, start=challenge.start)
        synthetic = generate_dataset(generator, dataset, seed, teacher=teacher, to=run.synthetic)
        audit, rival = audit_run(real, experiment, run, teacher=teacher), None
        if champion := challenge.champion:
            rival = generate_dataset(champion.generator, dataset, seed, teacher=teacher, to=run.drawn_by(champion.name))
        verdict = compare_generators(
            synthetic,
            rival,
            audit,
            splits=real,
            run=run,
            experiment=experiment,
            standard_errors=settings.standard_errors,
        )
        return conclude_challenge(add_version(challenge, verdict, run, splits=real, keep=settings.keep))
