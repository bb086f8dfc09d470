"""Who trains a GAN together: this process alone, all GPUs of this machine, or this and other hosts.

`SYNTHETIC_DATA_DISTRIBUTE` says which: `mirrored` for the GPUs, `workers` for the hosts that TF_CONFIG names. It is an
environment variable, as TF_CONFIG is, and no setting of an experiment: it tells of the machines, not of what is wanted.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError

from gan_core.errors import BadInput

if TYPE_CHECKING:
    import tensorflow as tf

DISTRIBUTE = "SYNTHETIC_DATA_DISTRIBUTE"
EXAMPLE = '{"cluster": {"worker": ["host0:2222", "host1:2222"]}, "task": {"type": "worker", "index": 0}}'

logger = logging.getLogger("synthetic_data.team")


class PeerLost(RuntimeError):
    """Another host has left the training before its end."""


class Cluster(BaseModel):
    model_config = ConfigDict(extra="forbid")
    worker: list[str] = Field(min_length=1)


class WorkerTask(BaseModel):
    type: Literal["worker"]
    index: NonNegativeInt


class TrainingConfig(BaseModel):
    """What TF_CONFIG must hold: no chief, evaluator or parameter server beside the workers."""

    cluster: Cluster
    task: WorkerTask


@dataclass(frozen=True)
class Team:
    """The hosts that train together, and which of them this is; the chief, host 0, keeps the books for all."""

    strategy: tf.distribute.Strategy
    hosts: int = 1
    host: int = 0

    @property
    def follows(self) -> bool:
        return self.host > 0

    def agree(self, identity: str, seed: int, *, over: bool = False) -> tuple[int, bool]:
        """The chief's seed, and whether its training is over; BadInput if a host has another identity (SHA-256)."""
        if self.hosts == 1:
            return seed, over
        own = np.frombuffer(bytes.fromhex(identity), np.int64)
        said = self.from_chief({"identity": own, "seed": np.array(seed), "over": np.array(int(over))})
        if self._any(not np.array_equal(said["identity"], own)):
            raise BadInput(
                "Expected all workers to have the same settings, images, program, libraries and arithmetic, "
                f"got others here (worker {self.host}) or elsewhere; give each host the same command."
            )
        return int(said["seed"]), bool(said["over"])

    def from_chief(self, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The chief's arrays on each host, which must all ask for the same names, shapes and types."""
        import tensorflow as tf

        if self.hosts == 1:
            return arrays
        with self.strategy.scope():  # in which all hosts begin a variable with the chief's value
            return {name: tf.Variable(array).numpy() for name, array in arrays.items()}

    @contextmanager
    def together(self) -> Iterator[None]:
        """Raises PeerLost when another host has gone."""
        import tensorflow as tf

        try:
            yield
        except (tf.errors.UnavailableError, tf.errors.FailedPreconditionError, tf.errors.AbortedError) as error:
            if self.hosts == 1:
                raise
            raise PeerLost(
                f"Worker {self.host} of {self.hosts} can no longer reach another; "
                "start all of them again, and they go on from the last finished epoch."
            ) from error

    def _any(self, here: bool) -> bool:
        import tensorflow as tf

        return bool(self.strategy.reduce(tf.distribute.ReduceOp.SUM, tf.constant(float(here)), axis=None) > 0)


@cache
def assemble() -> Team:
    """The team that the environment asks for; waits for the other hosts, and must come before TensorFlow computes."""
    import tensorflow as tf

    place = os.environ.get(DISTRIBUTE)
    if not place:
        return Team(tf.distribute.get_strategy())
    if place == "mirrored":
        return _seen(Team(tf.distribute.MirroredStrategy()))
    if place != "workers":
        raise BadInput(f"Expected {DISTRIBUTE} to be mirrored or workers, got {place!r}; correct or unset it.")
    config = _config(os.environ.get("TF_CONFIG", ""))
    hosts, host = len(config.cluster.worker), config.task.index
    logger.info("Worker %d of %s waits for the others", host, ", ".join(config.cluster.worker))
    with _signals_kept():
        return _seen(Team(tf.distribute.MultiWorkerMirroredStrategy(), hosts, host))


def require_one_host() -> None:
    """Raise BadInput where several hosts are to train, of which one alone would have a result to return."""
    if os.environ.get(DISTRIBUTE) == "workers":
        raise BadInput(
            f"Expected one process that trains, got {DISTRIBUTE}=workers; say synthetic-data run on each host, or "
            "unset it."
        )


def _seen(team: Team) -> Team:
    replicas = team.strategy.num_replicas_in_sync
    logger.info("%d %s train together", replicas, "replica" if replicas == 1 else "replicas")
    return team


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Lets Ctrl-C end the wait for others, and takes SIGTERM back from TensorFlow, which ignores it from here on."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    interrupted, terminated = signal.signal(signal.SIGINT, signal.SIG_DFL), signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, interrupted)
        signal.signal(signal.SIGTERM, terminated)


def _config(text: str) -> TrainingConfig:
    try:
        config = TrainingConfig.model_validate_json(text)
    except ValidationError:
        config = None
    if config is None or config.task.index >= len(config.cluster.worker):
        raise BadInput(f"Expected TF_CONFIG such as {EXAMPLE}, got {text!r}; set it on each host, with its own index.")
    return config
