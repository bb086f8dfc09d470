"""The stories as functions for Python and notebooks: they say nothing unasked, and raise what the command would print.

Its face is the module synthetic_data. Nothing here is imported at once that takes long.
"""
