"""What is probably wrong with the pictures that people have: copies, copies beside the test, labels that look wrong.

Its face: collection.Collection, duplicates.find_equal and find_near, doubtful_labels.find_doubtful, forecast.Forecast.
"""
