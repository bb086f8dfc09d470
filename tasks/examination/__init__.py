"""The errands of teaching and asking classifiers, each taught once and cached.

Its face: examine.examine, teacher.Teacher, ask_classifiers.ask_classifiers.
"""
