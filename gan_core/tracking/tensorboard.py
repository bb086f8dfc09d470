"""Event files for TensorBoard, by TensorFlow's own writer, which needs no package of TensorBoard's for this."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import tensorflow as tf
from PIL import Image

from gan_core.files import Place

Summary = tf.compat.v1.Summary
TAG = "grids"


class TensorBoard:
    """Writes a new event file into a folder; TensorBoard joins all that are there."""

    def __init__(self, folder: Path) -> None:
        self._writer = tf.summary.create_file_writer(str(folder))

    def tell(self, scalars: Mapping[str, float], epoch: int, *grids: Place) -> None:
        """Write numbers by their tags, and PNG files as they are."""
        values = [Summary.Value(tag=name, simple_value=value) for name, value in scalars.items()]
        values += [Summary.Value(tag=TAG, image=read_picture(grid)) for grid in grids]
        with self._writer.as_default():
            tf.summary.experimental.write_raw_pb(Summary(value=values).SerializeToString(), step=epoch)
        self._writer.flush()

    def close(self, *, failed: bool) -> None:
        """Let the file go; a failure has no place in it."""
        self._writer.close()


def read_picture(file: Place) -> tf.compat.v1.Summary.Image:
    """A PNG file as an event has it."""
    encoded = file.read_bytes()
    with Image.open(BytesIO(encoded)) as opened:
        size = {"height": opened.height, "width": opened.width, "colorspace": len(opened.getbands())}
    return Summary.Image(encoded_image_string=encoded, **size)
