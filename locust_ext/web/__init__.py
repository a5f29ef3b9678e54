"""Tell people, in Locust's web UI."""
