"""Shipped clients, as data: each in its own option names and units."""
