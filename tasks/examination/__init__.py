"""The errands of teaching and asking classifiers, each taught once and kept.

Its face: examine.examine, teacher.Teacher.
"""
