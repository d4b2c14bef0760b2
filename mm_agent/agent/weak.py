"""When evidence is too weak to answer from: one rule for the planner and for the prompt."""

WEAK_SHARE = 0.4
"""A winner among labels or numbers with less than this share is not called a winner."""
