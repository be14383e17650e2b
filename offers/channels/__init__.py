"""What leaves the house: one module per target, each with its declared columns."""
