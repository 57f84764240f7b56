"""Django admin of sales; every family is imported here, because that is where Django looks."""

from sales.admin import agreements, finance, products, quotes, slips, stock, targets

__all__ = ["agreements", "finance", "products", "quotes", "slips", "stock", "targets"]
