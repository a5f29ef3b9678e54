"""Commands of locust-ext."""
