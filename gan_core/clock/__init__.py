"""How long a run takes here, by a short measurement, and which settings fill a time that was given.

Its face: pace.measure_pace, duration.estimate, choice.choose (by table.csv, which `benchmarks.by_the_clock` fills).
"""
