"""The demo weights: scenes drawn from emoji, a small SigLIP trained on them, and a report on it."""
