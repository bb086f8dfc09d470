"""What all private runs from the same images have spent together, and the limit that their owner set.

A run is entered with its whole budget before its first reading, and stays when its folder is removed.
"""

from __future__ import annotations

import json
import logging
from contextlib import AbstractContextManager, nullcontext

from pydantic import TypeAdapter

from gan_core.config import PrivacySettings
from gan_core.errors import BadInput, show_count
from gan_core.files import Place, is_local, read_text, write_text
from gan_core.privacy.accounting import compose, find_epsilon, find_mu
from gan_core.privacy.ledger import Ledger
from tasks.locks import locked
from tasks.runs.run_folder import Run, runs_folder

ACCOUNT = "privacy.json"
Account = dict[str, dict[str, float]]  # by the digest of a source: mu by the name of a run
ADAPTER = TypeAdapter(Account)

logger = logging.getLogger("synthetic_data.privacy")


def require_budget(privacy: PrivacySettings, source_digest: str, run_id: str = "") -> None:
    """Raise BadInput where another run would take the total of the source beyond its limit; say what was spent."""
    others = {run: mu for run, mu in read_account().get(source_digest, {}).items() if run != run_id}
    before, after = (_epsilon([*others.values(), *more], privacy) for more in ([], [_budget(privacy)]))
    runs, limit = show_count(len(others), "private run"), f" of {privacy.total:g}" if privacy.total else ""
    logger.info("%s from these images spent epsilon %.3g; with this one %.3g%s", runs, before, after, limit)
    if privacy.total and after > privacy.total:
        raise BadInput(
            f"Expected all private runs from these images to spend epsilon {privacy.total:g} at most, got {after:.4g} "
            f"with this one and {before:.4g} before it; lower --privacy.epsilon, use the generator that there is, or "
            "raise --privacy.total."
        )


def enter(privacy: PrivacySettings, source_digest: str, run: Run) -> None:
    """Enter the budget of the run into the account, and begin its ledger.

    Raises BadInput where the total does not allow it, and where the run was entered before and its ledger is gone.
    """
    with _alone():
        account = read_account()
        entered = account.setdefault(source_digest, {})
        if run.id in entered and not run.ledger.exists():
            raise BadInput(run.describe_lost(run.ledger))
        require_budget(privacy, source_digest, run.id)
        if not run.ledger.exists():
            Ledger(_asked(privacy), privacy.delta, noise_seed=privacy.noise_seed).save(run.ledger)
            run.send(run.ledger)
        entered[run.id] = _budget(privacy)
        write_text(_place(), json.dumps(account, indent=1) + "\n")


def read_account() -> Account:
    """All that was spent, from all sources; BadInput for a damaged file."""
    place = _place()
    if not place.is_file():
        return {}
    try:
        return ADAPTER.validate_json(read_text(place))
    except ValueError as error:
        raise BadInput(
            f"Expected what private runs have spent so far in {place}, got a damaged file; restore it from a copy, as "
            "nobody knows it otherwise."
        ) from error


def _budget(privacy: PrivacySettings) -> float:
    return find_mu(_asked(privacy), privacy.delta)


def _asked(privacy: PrivacySettings) -> float:
    """The epsilon of a private run."""
    if privacy.epsilon is None:
        raise ValueError("Expected the settings of a private run, got some without an epsilon.")
    return privacy.epsilon


def _epsilon(mus: list[float], privacy: PrivacySettings) -> float:
    return find_epsilon(compose(mus), privacy.delta)


def _place() -> Place:
    return runs_folder() / ACCOUNT


def _alone() -> AbstractContextManager[None]:
    """Be the only one who writes, where the folder can be locked."""
    folder = runs_folder()
    return locked(folder / ".privacy.lock") if is_local(folder) else nullcontext()
