"""The demo projector: questions about drawn scenes, and how the demo language model learns to see."""
