"""What the readers of all formats share: what lies in a place, which split and class a picture is of.

Its face: found_pictures (what a reader finds), listing, class_names (read) and class_numbers (given), gather (pictures
of any size to labelled images).
"""
