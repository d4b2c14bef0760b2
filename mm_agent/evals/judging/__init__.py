"""What an agent did with a case, held against what was expected: one check an expectation, with its reason."""
