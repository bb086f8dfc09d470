"""What images are worth: TSTR, TRTR and TRTS by classifiers, diversity, memorisation, soft labels, and two generators
beside each other.

Its face: classifier.teach and score, tstr.Examination, diversity.measure_diversity (coverage, manifold recall),
frechet_distance, memorisation.measure_memorisation, challenger_comparison.compare and decide, soft_labels,
diversity_in_training.Probe.
"""
