"""Training a projector: pictures with conversations, frozen features, Hugging Face's Trainer."""
