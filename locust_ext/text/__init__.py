"""What people write and what they are told: units, names, problems, documents."""
