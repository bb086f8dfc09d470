"""The errands to real images: where a source is, the download, the check before a run, and the cut into three sets."""
