"""The errand of drawing images into memory, those that an export would write."""

import numpy as np

from gan_core.config import ExportSettings
from gan_core.exports.shards import planned
from gan_core.files import Place
from gan_core.gan.generator_card import read_card
from tasks.export.check_export import require_classes
from tasks.export.plan_export import require_weights


def draw_images(weights: Place, settings: ExportSettings) -> tuple[np.ndarray, np.ndarray]:
    """The training images uint8 [N, height, width, channels] of an export of the settings, and their labels uint8 [N].

    Raises BadInput for a generator that does not draw by class, and for counts that cannot be drawn.
    """
    card = read_card(weights)
    require_classes(card)
    train, *_ = planned(weights, card, settings, None).splits
    require_weights(weights)
    drawn = [train.load(shard) for shard in range(train.shards)]
    return np.concatenate([each.images for each in drawn]), np.concatenate([each.labels for each in drawn])
