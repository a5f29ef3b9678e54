"""The clients of Locust's users, one file each: their seams, and what only they know of their private names."""
