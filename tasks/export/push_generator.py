"""The errand of sending a generator to a repository of models, with its card, its audit and a picture."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from gan_core.descriptions.dataset_card import format_generator_card
from gan_core.errors import BadInput
from gan_core.exports.export_plan import GeneratorOrigin
from gan_core.files import Place, copy, located, write_text, writing_to
from gan_core.gan.generator_card import NAME, read_card
from tasks.export.check_export import find_weights
from tasks.export.contents import CARD
from tasks.export.plan_export import find_origin
from tasks.hub import Contents, Repository, find_repository, look_into, require_writable, send_folder
from tasks.runs.run_folder import AUDIT

PICTURE = "grid.png"
FILES = (NAME, CARD, AUDIT, PICTURE)  # of a push


@dataclass(frozen=True)
class Push:
    """A generator and where it goes."""

    origin: GeneratorOrigin
    grid: Place | None  # images that it draws
    repository: Repository
    contents: Contents  # what is there before


def check_push(generator: str, to: str) -> Push:
    """What is to be sent where; BadInput for what is no generator, without a token, and for a repository of others."""
    run, weights = find_weights(located(generator))
    repository = find_repository(located(to), "model")
    require_writable(repository)
    contents = look_into(repository)
    if foreign := [name for name in contents.files if NAME not in contents.files or name not in FILES]:
        raise BadInput(
            f"Expected an empty repository, or one of earlier pushes, got {repository} with {foreign[0]}; name another."
        )
    grids = run.epoch_grids() if run else [weights.with_name(PICTURE)]
    grid = next((file for file in reversed(grids) if file.is_file()), None)
    return Push(find_origin(run, weights, read_card(weights)), grid, repository, contents)


def push_generator(push: Push) -> None:
    """Send a generator, its card and what is told of it to a repository, which then holds nothing else."""
    remedy = "make room there, or let TMPDIR name another folder."
    with tempfile.TemporaryDirectory(prefix="synthetic-data-") as scratch, writing_to(Path(scratch), remedy):
        folder = Path(scratch)
        for name, file in {NAME: push.origin.generator, AUDIT: push.origin.audit, PICTURE: push.grid}.items():
            if file:
                copy(file, folder / name)
        picture = PICTURE if push.grid else ""
        write_text(folder / CARD, format_generator_card(push.origin, str(push.repository), picture))
        send_folder(folder, push.repository, push.contents)
