"""Do no harm."""
