"""Training on one's own data."""
