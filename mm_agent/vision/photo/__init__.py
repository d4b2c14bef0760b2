"""The photo encoder's files: `weights/` holds what was trained here, `tower` finds the locked tower."""
