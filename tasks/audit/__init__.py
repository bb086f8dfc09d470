"""The errands of an audit: read the set that is audited, run the checks, leave the findings beside it.

Its face: read_set.read_set, references.train_references, overtrained.try_overtrained.
"""
