"""What all formats of an export share: its plan, the shards of its splits, pieces of files, PNG bytes, class folders.

Its face: export_plan.ExportPlan, shards.Export and planned, split_pieces, encode_png, class_folders.
"""
