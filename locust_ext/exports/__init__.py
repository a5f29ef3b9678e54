"""Live figures, for where a team already looks."""
