"""Repositories of the Hugging Face hub: may we write to one, what is in it, and sending a folder there in one commit.

Its library finds the token where it always does, in HF_TOKEN or in what `hf auth login` has stored.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

from gan_core.errors import BadInput, say_error, show_count
from gan_core.files import Place, is_local
from gan_core.sources.listing import files_in, is_hidden

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from upath import UPath

PROTOCOL = "hf"
WORD = r"[A-Za-z0-9][\w.-]*"

logger = logging.getLogger("synthetic_data.hub")


@dataclass(frozen=True)
class Repository:
    """A repository of data or of a model."""

    kind: str  # dataset or model
    name: str  # OWNER/NAME

    def __str__(self) -> str:
        return f"{PROTOCOL}://{self.kind}s/{self.name}"


@dataclass(frozen=True)
class Contents:
    """What is in a repository, without what the hub puts there."""

    commit: str | None = None
    files: tuple[str, ...] = ()


def is_on_hub(place: Place) -> TypeGuard[UPath]:
    """Whether a place is at the hub, where each write is a commit of its own."""
    return not is_local(place) and place.protocol == PROTOCOL


def find_repository(place: Place, *kinds: str) -> Repository:
    """The repository at a place, of one of these kinds; BadInput for what is none."""
    found = re.fullmatch(rf"({'|'.join(kinds)})s/({WORD}/{WORD})/?", place.path) if is_on_hub(place) else None
    if not found:
        wanted = " or ".join(f"{PROTOCOL}://{kind}s/OWNER/NAME" for kind in kinds)
        raise BadInput(f"Expected {wanted}, got {place}; name a repository so.")
    return Repository(found[1], found[2])


def require_writable(repository: Repository) -> None:
    """Raise BadInput where no token is known, or one of somebody who owns no such repository."""
    owner = repository.name.partition("/")[0]
    with asking(repository):
        known = _api().whoami()
    owners = [known["name"], *(each["name"] for each in known.get("orgs", ()))]
    if owner not in owners:
        raise BadInput(f"Expected a repository of {' or '.join(owners)}, got {repository}; name one of these as OWNER.")


def look_into(repository: Repository) -> Contents:
    """What is in a repository, nothing where there is none."""
    from huggingface_hub.errors import RepositoryNotFoundError

    ask = _api().dataset_info if repository.kind == "dataset" else _api().model_info
    with asking(repository):
        try:
            info = ask(repository.name)
        except RepositoryNotFoundError:
            return Contents()
    return Contents(info.sha, tuple(each.rfilename for each in info.siblings or () if not is_hidden(each.rfilename)))


def send_folder(folder: Path, repository: Repository, contents: Contents) -> None:
    """Make a repository hold what can be seen in a folder and nothing else, by one commit; a new one is private.

    What a call that was interrupted has sent is not sent again. `contents` are those that were looked at before: where
    somebody has written there since then, the hub refuses the commit.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete
    from huggingface_hub.utils import disable_progress_bars

    seen = [name for name in files_in(folder) if not is_hidden(name)]
    added = [CommitOperationAdd(name, folder / name) for name in sorted(seen)]
    removed = [CommitOperationDelete(name) for name in contents.files if name not in seen]
    size = sum((folder / name).stat().st_size for name in seen)
    logger.info("Sending %s of %.1f MB to %s", show_count(len(seen), "file"), size / 1e6, repository)
    disable_progress_bars()
    with asking(repository):
        _api().create_repo(repository.name, repo_type=repository.kind, private=True, exist_ok=True)
        _api().create_commit(
            repository.name,
            [*added, *removed],
            commit_message="Written by synthetic-data",
            repo_type=repository.kind,
            parent_commit=contents.commit,
        )


@contextmanager
def asking(repository: Repository) -> Iterator[None]:
    """Raise BadInput, with what to do, for what the hub or the way to it refuses."""
    from huggingface_hub.errors import LocalTokenNotFoundError

    try:
        yield
    except LocalTokenNotFoundError as error:
        raise BadInput(
            f"Expected a token that may write to {repository}, got none; set HF_TOKEN, or say hf auth login."
        ) from error
    except Exception as error:  # its library has errors of its own and those of more than one other
        raise BadInput(
            f"Expected the hub to let us at {repository}, got “{say_error(error)}”; check HF_TOKEN and the network, "
            "the same command goes on where it stopped."
        ) from error


def _api() -> HfApi:
    from huggingface_hub import HfApi

    return HfApi(library_name="synthetic-data")
