"""What images are worth. TSTR, TRTR and TRTS by classifiers; diversity; memorisation; two generators compared; soft
labels.

Its face: classifier.teach and score, tstr.Examination, diversity.measure (coverage, manifold recall),
frechet_distance, memorisation.measure, challenger_comparison.compare and decide, soft_labels.add_soft_labels,
probe.Probe.
"""
