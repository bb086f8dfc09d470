"""The times that a run may be given."""

import math

from gan_core.errors import BadInput

LEAST_MINUTES, MOST_MINUTES = 3, 600


def read_minutes(typed: str) -> float:
    """The minutes that were typed; BadInput for what is no time that a run is planned for."""
    try:
        minutes = float(typed)
    except ValueError:
        minutes = math.nan
    if not LEAST_MINUTES <= minutes <= MOST_MINUTES:
        raise BadInput(
            f"Expected {LEAST_MINUTES} to {MOST_MINUTES} minutes, got {typed or 'none'}; give such a time, or leave it "
            "out and name the settings."
        )
    return minutes
