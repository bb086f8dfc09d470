"""The GAN itself: both networks, the adversarial game, and drawing from a generator and its file."""
