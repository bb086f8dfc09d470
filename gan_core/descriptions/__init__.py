"""What an exported dataset says of itself: to people in its card, to programs in croissant.json and its manifest.

Its face: dataset_card.format_card, croissant.format_croissant, manifest.describe_dataset and
format_manifest.
"""
