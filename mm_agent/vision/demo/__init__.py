"""The demo weights: scenes drawn from emoji, a small SigLIP trained on them, and the report on what it learned."""
