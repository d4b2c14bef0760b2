"""Cases drawn from a seed: media, questions in either language, and what is true."""
