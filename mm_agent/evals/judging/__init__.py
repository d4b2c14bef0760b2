"""What an agent did with a case, held against what was expected: a check each, with its reason."""
