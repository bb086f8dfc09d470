"""The errands of measuring worth: teaching by real subsets, beside them, and by parts of the synthetic set.

Its face: measure_curve.measure_curve, measure_gains.measure_gains, give_advice.give_advice.
"""
