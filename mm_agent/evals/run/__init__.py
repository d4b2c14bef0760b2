"""Running suites: who is asked, one case, and the whole on inspect_ai."""
