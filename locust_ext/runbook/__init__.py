"""What people do before, during and after a test."""
