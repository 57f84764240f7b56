"""Django admin of sales; every family is imported here, because that is where Django looks."""

from sales.admin import agreements, products, quotes, slips

__all__ = ["agreements", "products", "quotes", "slips"]
