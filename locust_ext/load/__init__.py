"""How much load, and when."""
