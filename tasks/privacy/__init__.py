"""The errands of a private run: its account, its few noisy readings of the training images, and what may leave.

Its face: train_privately.train_privately, private_teacher.PrivateTeacher, publish_release.publish_release,
account.require_budget.
"""
