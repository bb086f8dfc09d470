"""Run folders: the names of what is in one, opening a new or an unfinished one, and its epochs."""
