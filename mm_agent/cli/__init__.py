"""The ``mm-agent`` command: one verb a file; everything heavy is imported when a verb runs."""
