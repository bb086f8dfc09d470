"""The values of variables as plain arrays, and back."""

from collections.abc import Sequence

import numpy as np

from gan_core.compute.keras_settings import keras


def values(variables: Sequence[keras.Variable]) -> dict[str, np.ndarray]:
    """The value of each variable under a name made from its place."""
    return {f"variable_{number}": variable.numpy() for number, variable in enumerate(variables)}


def assign(variables: Sequence[keras.Variable], arrays: dict[str, np.ndarray]) -> None:
    """Give each variable the value it had when `values` made these arrays."""
    for number, variable in enumerate(variables):
        variable.assign(arrays[f"variable_{number}"])
