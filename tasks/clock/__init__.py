"""The errand of choosing settings that fill a time.

Its face: fit_to_deadline.set_deadline and fit_to_deadline.
"""
