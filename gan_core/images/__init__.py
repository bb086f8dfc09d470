"""Labelled images: the one array format of all steps, their cut into sets, and what must be true of real ones."""
