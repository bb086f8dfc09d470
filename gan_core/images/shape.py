"""The shape of a picture, the same for all pictures of a set."""

from typing import NamedTuple


class ImageShape(NamedTuple):
    """How large a picture is, and whether it is grey (one channel) or RGB (three)."""

    height: int  # pixels
    width: int  # pixels
    channels: int

    @property
    def values(self) -> int:
        """The numbers, or bytes, of one picture."""
        return self.height * self.width * self.channels

    @property
    def stored(self) -> tuple[int, ...]:
        """The axes of a picture in files, where grey ones have no channels, as in those of MNIST and its kin."""
        return (self.height, self.width) if self.channels == 1 else tuple(self)

    @property
    def colour(self) -> str:
        """The word for its channels."""
        return "grey" if self.channels == 1 else "RGB"

    def __str__(self) -> str:
        """Width x height, as image tools write it, and the colour."""
        return f"{self.width} x {self.height} pixels, {self.colour}"
