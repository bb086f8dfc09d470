"""Classifiers that images teach.

Its face: classifier.teach, score and class_probabilities, answers.Score, free_rival.choose_variation,
soft_labels.add_soft_labels and filter_by_soft_labels.
"""
