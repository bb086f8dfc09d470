"""Labelled images: the one array format of all steps, their cut into sets, and what must be true of real ones.

Its face: labelled_images.LabelledImages, shape.ImageShape, stratified_split.split_validation,
requirements.require_sound, plausibility.describe_images and find_doubts.
"""
