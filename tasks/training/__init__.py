"""The errands of training a GAN, alone or together with other hosts, and of drawing datasets from it."""
