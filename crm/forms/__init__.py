"""Input of crm: one file a family of screens."""
