"""Training both towers on pictures with texts, by the sigmoid loss SigLIP was trained with."""
