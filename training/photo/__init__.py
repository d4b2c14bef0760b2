"""The photo encoder: data, features, training, export, measurements."""
