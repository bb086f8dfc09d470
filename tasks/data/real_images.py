"""The way from an experiment to its real images, the same for every flow."""

from gan_core.config import Experiment
from tasks.data.download import download
from tasks.data.normalize import RealSets, normalize, require_fit
from tasks.data.open_source import open_source, require_given_shape
from tasks.places import cache_home


def real_images(experiment: Experiment) -> RealSets:
    """The three sets of the experiment's source: to learn from, to choose by, to judge by; BadInput if they do not fit.

    Each is fetched and cut once and found again afterwards.
    """
    raw = download(experiment.source)
    if experiment.private:
        require_given_shape(open_source(raw, experiment.data), experiment.data)
    real = normalize(raw, cache_home() / "normalized", experiment.data, experiment.seed)
    require_fit(real, experiment)
    return real
