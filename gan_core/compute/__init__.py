"""TensorFlow's underside: Keras as this project sets it, and functions that give the same bits in each process.

Its face: keras_settings.keras, graphs.compile_graph and repeat, adam.Adam, precision.native and resolve_policy,
replicas, weights.values and assign.
"""
