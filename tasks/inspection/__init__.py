"""The errand of inspecting: read a source as a run would, look for what is wrong with it, write the page.

Its face: inspect_source.inspect_source, publish_inspection.publish_inspection.
"""
