"""Recordings of browsers and proxies, as HAR 1.2 writes them, read as journeys."""
