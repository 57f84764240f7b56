"""Composed reads of crm."""
