"""Tell people: each report is a function of one RunResult."""
