"""The model registry: versions that never change, the champion pointer, and a challenger's way into it.

Its face: model_registry.ModelRegistry and Version, champion_pointer, records, events, challenge.open_challenge and
add_version.
"""
