"""What a suite is: cases with media, turns and expectations, read from YAML or JSON lines."""
