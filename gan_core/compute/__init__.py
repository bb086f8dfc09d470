"""TensorFlow's underside: Keras as we set it, fused Adam, compiled loops, replicas, arithmetic, weights as arrays."""
