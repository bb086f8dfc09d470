"""What is in a single file: an IDX array, NPZ arrays, rows of a table, lines of a text, the files in an archive.

Which files make up a dataset is what `formats` knows. Nothing that is read here is executed.
"""
