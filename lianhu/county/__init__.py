"""A believable random county: people, families, and fourteen months of work, from a seed."""
