"""Training of the weights that ship; not part of the wheel."""
