"""Rows of data, of which each goes to one user at a time over all processes."""
