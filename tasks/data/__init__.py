"""The errands to real images: where a source is, the download with its checksums, the check before a run, the cut.

Its face: real_images.real_images, download.download, checksums, check_experiment.check_experiment,
normalize.RealSets.
"""
