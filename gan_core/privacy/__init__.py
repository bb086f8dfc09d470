"""What a private run may learn of its training images: noisy sums over all of them, and what each of them costs.

Its face: accounting.find_epsilon and sigma_for; ledger.Ledger and Reading; reader.Reader; scattering.features and
read_features; private_teacher.learn and beliefs; mean_embedding.release and squared_distance; recipe.choose_recipe.
"""
