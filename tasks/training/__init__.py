"""The errands of training a GAN, alone or with other hosts, and of drawing and refining datasets.

Its face: train_gan.train_gan and train_privately.train_privately (checkpoints after each epoch), generate_dataset,
refine_dataset, filter_dataset, team.assemble.
"""
