"""The errands from a generator to a dataset in the formats of others.

Its face: check_export.check_export, plan_export, write_shard, finish_export, verify_export.verify_export, staging
(where it appears), contents.
"""
