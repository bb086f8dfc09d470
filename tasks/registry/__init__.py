"""The model registry: versions that never change, the champion pointer, and a challenger's way into it."""
