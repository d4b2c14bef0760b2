"""Zero-shot classification and retrieval of an encoder on one's own pictures, as CLIP_benchmark does."""
