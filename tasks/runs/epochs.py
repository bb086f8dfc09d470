"""The epochs of a run: a row for each in its history, and how diverse its generator is after the last."""

import pandas as pd

from gan_core.files import read_frame, write_frame
from gan_core.measures.diversity import Diversity, recorded_diversity
from tasks.runs.run_folder import Run


def read_epochs(run: Run) -> list[dict]:
    """The rows of the history, none before the first epoch has ended."""
    return read_frame(run.history).to_dict("records") if run.history.exists() else []


def save_epochs(epochs: list[dict], run: Run) -> None:
    """Write the history."""
    write_frame(pd.DataFrame(epochs), run.history)


def diversity_after(run: Run) -> Diversity:
    """The diversity of the run's generator after its last epoch."""
    found = recorded_diversity(read_epochs(run)[-1])
    if found is None:
        raise ValueError(f"Expected a history with the diversity of each epoch, got {run.history} without.")
    return found
