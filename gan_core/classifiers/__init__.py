"""Classifiers that images teach.

Its face: classifier.teach, score and class_probabilities, answers.Score, free_rival.choose_variation,
soft_labels.believed and filter_by_soft_labels.
"""
