"""What happened, exactly."""
