"""What the readers of all formats share: what lies in a place, which split and class a picture is of, safe unpacking.

Its face: found (what a reader finds), listing, classes, archives, gather (pictures of any size to labelled images).
"""
