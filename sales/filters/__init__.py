"""Filters of the lists of sales: one file a family."""
