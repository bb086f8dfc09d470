"""What a replica does for the whole: its share of a batch, its part of a mean; nothing where there is but one."""

import tensorflow as tf


def replicas() -> int:
    """How many replicas run the function that asks, each on a share of the batch."""
    context = tf.distribute.get_replica_context()
    return context.num_replicas_in_sync if context else 1


def share(batch: tf.Tensor) -> tf.Tensor:
    """This replica's rows of a tensor [batch, ...] that all replicas have whole."""
    if replicas() == 1:
        return batch
    rows = batch.shape[0] // replicas()
    first = rows * tf.distribute.get_replica_context().replica_id_in_sync_group
    return batch[first : first + rows]


def total(part: tf.Tensor) -> tf.Tensor:
    """The sum over all replicas, on each of them; gradients pass through."""
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, part)


def contribution(mean: tf.Tensor) -> tf.Tensor:
    """What a mean over this replica's share adds to the mean over the batch; optimizers sum over the replicas."""
    return mean if replicas() == 1 else mean / replicas()
