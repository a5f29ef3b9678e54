"""The process that we live in: its wire, its streams, its greenlets."""
