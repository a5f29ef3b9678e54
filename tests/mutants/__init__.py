"""Mutants: small changes of the code, each of which some unit test should notice."""
