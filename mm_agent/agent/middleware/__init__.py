"""The agent's middleware, one concern a file."""
