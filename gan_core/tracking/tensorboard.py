"""Event files for TensorBoard, by TensorFlow's own writer, which needs no package of TensorBoard's for this."""

from collections.abc import Mapping
from pathlib import Path

import tensorflow as tf
from PIL import Image

from gan_core.files import Place

CHANNELS = {"L": 1, "RGB": 3}  # of pictures, by Pillow's names


class TensorBoard:
    """Writes a new event file into a folder; TensorBoard joins all that are there."""

    def __init__(self, folder: Path) -> None:
        self._writer = tf.summary.create_file_writer(str(folder))

    def log(self, scalars: Mapping[str, float], epoch: int) -> None:
        """Write numbers by their tags."""
        self._write([{"tag": name, "simple_value": value} for name, value in scalars.items()], epoch)

    def show(self, name: str, picture: Place, epoch: int) -> None:
        """Write a PNG file as it is."""
        with picture.open("rb") as file, Image.open(file) as opened:
            size = {"height": opened.height, "width": opened.width, "colorspace": CHANNELS.get(opened.mode, 3)}
        image = tf.compat.v1.Summary.Image(encoded_image_string=picture.read_bytes(), **size)
        self._write([{"tag": name, "image": image}], epoch)

    def close(self, *, failed: bool) -> None:
        """Let the file go; a failure has no place in it."""
        self._writer.close()

    def _write(self, values: list[dict], epoch: int) -> None:
        summary = tf.compat.v1.Summary(value=[tf.compat.v1.Summary.Value(**value) for value in values])
        with self._writer.as_default():
            tf.summary.experimental.write_raw_pb(summary.SerializeToString(), step=epoch)
        self._writer.flush()
