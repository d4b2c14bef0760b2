"""Clips: sampled frames' vectors, and what they tell: which frames, which moments, which segments."""
