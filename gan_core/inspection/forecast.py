"""How long a run would take here: the seconds of its parts."""

from dataclasses import dataclass

from gan_core.config import GanSettings


@dataclass(frozen=True)
class Forecast:
    """The seconds that the parts of a run take on this machine, as measured."""

    training: float  # of the generator
    teaching: float  # of all classifiers
    drawing: float  # of the images
    examining: float  # of the images, by classifiers and the audit, with the report
    measured: int  # steps of training that were measured

    @property
    def seconds(self) -> float:
        """All in all."""
        return self.training + self.teaching + self.drawing + self.examining

    @property
    def minutes(self) -> float:
        """The same."""
        return self.seconds / 60


def steps_per_epoch(gan: GanSettings, images: int) -> int:
    """The steps of the GAN in an epoch, whole rounds of them."""
    return gan.rounds(images) * gan.penalty_interval
