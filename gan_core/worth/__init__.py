"""What synthetic images are worth beside real ones: a curve over real subsets, gains beside each, and advice.

Its face: subsets.choose_sizes and nest, curve.measure_curve, worth.Worth.
"""
