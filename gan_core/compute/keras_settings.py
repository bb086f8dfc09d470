"""Keras with the settings that this project computes with, whatever a user's keras.json or environment says."""

import os
import sys

if "keras" not in sys.modules:
    os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")  # or TensorFlow takes all of a GPU's memory at once

import keras

from gan_core.errors import BadInput

if keras.backend.backend() != "tensorflow":
    raise BadInput(
        f"Expected Keras with TensorFlow, got {keras.backend.backend()} in this process already; "
        "set KERAS_BACKEND=tensorflow before Keras is imported."
    )
keras.config.set_image_data_format("channels_last")
keras.config.set_floatx("float32")
keras.config.set_epsilon(1e-7)

__all__ = ["keras"]
