"""Screens of visits: one family a file."""
