"""What images are worth. TSTR, TRTR and TRTS by classifiers; diversity; memorisation; two generators compared; soft
labels.

Its face: classifier.teach and score, examination.Examination, diversity.measure (coverage, manifold recall, Fréchet
distance), memorisation.measure, comparison.compare and decide, soft_labels.add_soft_labels, probe.Probe.
"""
