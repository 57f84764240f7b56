"""Django admin of sales; every family is imported here, because that is where Django looks."""

from sales.admin import products, slips

__all__ = ["products", "slips"]
