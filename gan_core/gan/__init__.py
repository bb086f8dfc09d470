"""The GAN itself: both networks, the adversarial training loop, and drawing from a generator and its file.

Its face: game.Game (the training loop, with the averaged weights, EMA), networks, losses, drawing.draw,
generator_card.read_card.
"""
