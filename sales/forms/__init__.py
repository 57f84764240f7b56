"""Input of sales: one file a family of screens."""
