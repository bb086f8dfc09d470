"""What images are worth: TSTR, TRTR and TRTS by classifiers, diversity, and two generators beside each other.

Its face: tstr.Examination, measure_examination and measure_fidelity, diversity_of_set.measure_set,
manifold.measure_manifolds, inception.load_inception and measure_in_inception, bootstrap.mean_interval and jackknife,
diversity.measure_diversity (coverage, manifold recall), frechet_distance, challenger_comparison.compare and decide,
diversity_in_training.Probe.
"""
