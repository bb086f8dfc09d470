"""What is wrong with a synthetic set, if anything: copies, gaps, broken rulers, and whether they would be noticed.

Its face: check.Check and Control; copies.check_copies, collapse.check_collapse, labels.check_labels, ruler.check_ruler,
membership.check_membership, canaries.check_canaries; opinions.Opinion, published_scores.score_copying,
measures.MEASURES.
"""
