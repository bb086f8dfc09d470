"""The commands about models: `synthetic-data retrain`, and `synthetic-data models` for what it leaves."""

from typing import Annotated

from cyclopts import App, Parameter

from flows.commands.options import (
    Named,
    Replaced,
    RetrainOptions,
    Tracked,
    Verbose,
    customise_experiment,
    read_settings,
)
from flows.commands.screen import hide_library_messages
from gan_core.config import STANDARD, RetrainSettings
from gan_core.errors import BadInput
from tasks.places import check_folder
from tasks.registry.model_registry import ModelRegistry, Version, models_folder, require_start
from tasks.registry.records import Promotion, whoami

VERSION = Parameter(help="as v0003 or 3")
REMEDY = "let SYNTHETIC_DATA_MODELS name another one, or work elsewhere."
DECIDING = ("accuracy", "champion_accuracy", "gain", "gain_noise")  # figures of a promotion that are told

models = App(name="models", help="Versions of the generator, and which of them is champion.")


def retrain(
    *,
    experiment: Named = STANDARD.name,
    settings: Replaced = None,
    retraining: Annotated[RetrainOptions | None, Parameter(name="*")] = None,
    track: Tracked = None,
    verbose: Verbose = False,
) -> None:
    """Train a challenger, promote it if it is better; goes on with an unfinished one of the same settings."""
    from gan_core.images.requirements import require_comparison
    from tasks.data.check_experiment import check_experiment
    from tasks.runs.run_folder import check_runs_folder
    from tasks.runs.tracking import choose_trackers

    wanted, how = (
        customise_experiment(experiment, read_settings(settings)),
        RetrainSettings.model_validate(read_settings(retraining)),
    )
    choose_trackers(track)
    check_runs_folder(check_experiment(wanted))
    require_comparison(wanted)
    check_folder(models_folder(), REMEDY)
    require_start(ModelRegistry(models_folder()), how, private=wanted.private)
    if not verbose:
        hide_library_messages()
    from flows.commands.local_server import server
    from flows.retrain import retrain as flow
    from tasks.registry.challenge import describe_decision

    with server():
        record = flow(wanted, how)
    if record:
        print(f"\n{describe_decision(record)}")


@models.command(name="list")
def list_() -> None:
    """A line for each version: when it was made, what was decided, how well it teaches, and why."""
    registry = ModelRegistry(models_folder())
    champion = registry.champion()
    for version in registry.versions():
        record, mark = version.record, "*" if version == champion else " "
        accuracy = f"{100 * record.figures['accuracy']:6.2f} %"
        lost = f"  It has lost {', '.join(version.lost)}." if version.lost else ""
        print(f"{mark} {record.version}  {record.when}  {record.decision:<8}  {accuracy}  {record.reason}{lost}")
    print("* is the champion" if champion else "There is no champion.")


@models.command
def show(version: Annotated[str, VERSION]) -> None:
    """The whole record of a version, each time that it became champion, and its file for exports if that is whole."""
    registry = ModelRegistry(models_folder())
    found, lineage = registry.version(version), registry.lineage()
    print(found.record.model_dump_json(indent=2))
    for promotion in lineage.promotions if lineage else ():
        if promotion.version == found.name:
            print(_told(promotion))
    found.check()
    print(f"{'is the champion, ' if found == registry.champion() else ''}{_export(found)}")


@models.command
def promote(version: Annotated[str, VERSION]) -> None:
    """Make a version champion, whatever was decided when it was made."""
    print(_told(_registry().promote(version, whoami())))


@models.command
def rollback() -> None:
    """Make the version champion that was so before the present one."""
    print(_told(_registry().rollback(whoami())))


def _registry() -> ModelRegistry:
    """The versions to choose from, in a folder that is there: no lock makes it."""
    folder = models_folder()
    if not folder.is_dir():
        raise BadInput(
            f"Expected versions in {folder}, got no such folder; retrain first, or set SYNTHETIC_DATA_MODELS."
        )
    check_folder(folder, REMEDY)
    return ModelRegistry(folder)


def _told(promotion: Promotion) -> str:
    """A promotion with the accuracies that decided; its record has the other figures."""
    figures = ", ".join(f"{name} {promotion.figures[name]:.4f}" for name in DECIDING if name in promotion.figures)
    return f"{promotion.version} {promotion.action} {promotion.when} by {promotion.who}: {promotion.reason} ({figures})"


def _export(version: Version) -> str:
    return f"synthetic-data export --generator {version.generator} --out dataset"
