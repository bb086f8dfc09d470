"""The errand of sending a generator to a repository of models, with its card and what its run found."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from gan_core.descriptions.model_card import format_model_card
from gan_core.errors import BadInput
from gan_core.files import Place, copy, located, read_text, write_text, writing_to
from gan_core.gan.generator_card import NAME, GeneratorCard, read_card
from tasks.export.check_export import find_weights
from tasks.export.contents import CARD, is_litter
from tasks.hub import Contents, Repository, find_repository, look_into, require_writable, send_folder
from tasks.runs.run_folder import AUDIT, Run

PICTURE, HEADLINE, FRAME = "grid.png", "headline.txt", "report.csv"


@dataclass(frozen=True)
class Push:
    """A generator and where it goes."""

    run: Run | None  # that trained it, where its folder was named
    weights: Place
    card: GeneratorCard
    repository: Repository
    contents: Contents | None  # what is there before


def check_push(generator: str, to: str) -> Push:
    """What is to be sent where; BadInput for what is no generator, without a token, and for a repository of others."""
    run, weights = find_weights(located(generator))
    card, repository = read_card(weights), find_repository(located(to), "model")
    require_writable(repository)
    contents = look_into(repository)
    require_ours(repository, contents)
    return Push(run, weights, card, repository, contents)


def push_generator(push: Push) -> None:
    """Send a generator, its card and what is told of it to a repository, which then holds nothing else."""
    remedy = "make room there, or let TMPDIR name another folder."
    with tempfile.TemporaryDirectory(prefix="synthetic-data-") as scratch, writing_to(Path(scratch), remedy):
        gather(push.run, push.weights, to=Path(scratch))
        write_card(push.card, push.repository, Path(scratch))
        send_folder(Path(scratch), push.repository, push.contents)


def gather(run: Run | None, weights: Place, *, to: Path) -> None:
    """Copy a generator, and what is told of it, into a folder."""
    copy(weights, to / NAME)
    for name, file in find_beside(run, weights).items():
        if file.is_file():
            copy(file, to / name)


def write_card(card: GeneratorCard, repository: Repository, folder: Path) -> None:
    """Write the card of the generator in a folder, from what lies beside it."""
    headline, pictures = folder / HEADLINE, (folder / PICTURE).is_file()
    told = read_text(headline).rstrip() if headline.is_file() else ""
    write_text(folder / CARD, format_model_card(card, place=str(repository), headline=told, pictures=pictures))


def find_beside(run: Run | None, weights: Place) -> dict[str, Place]:
    """What is told of a generator, by the names that it has in the repository, if it is there."""
    if run is None:
        return {AUDIT: weights.with_name(AUDIT), PICTURE: weights.with_name(PICTURE)}
    told = {AUDIT: run.audit, HEADLINE: run.headline, FRAME: run.frame_csv}
    grids = run.epoch_grids()  # as the mosaic has real images
    return told | ({PICTURE: grids[-1]} if grids else {})


def require_ours(repository: Repository, contents: Contents | None) -> None:
    """Raise BadInput for a repository in which anything is that no push of ours brought."""
    ours = {NAME, CARD, AUDIT, HEADLINE, FRAME, PICTURE}
    found = [name for name in (contents.files if contents else ()) if not is_litter(name)]
    foreign = [name for name in found if name not in ours] or (found if found and NAME not in found else [])
    if foreign:
        raise BadInput(
            f"Expected an empty repository, or one of earlier pushes, got {repository} with {foreign[0]}; name another."
        )
