"""The GAN itself: both networks, the adversarial training loop, and drawing from a generator and its file.

Its face: training_loop.Game, matching_game.MatchingGame (of private generators), averaged_weights (EMA), networks,
losses, drawing.draw, generator_card.read_card.
"""
