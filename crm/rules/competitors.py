"""What is seen of competitors, in words (B10)."""

from decimal import Decimal


def price_in_words(price: Decimal | None, unit: str) -> str:
    """¥59.00 / box, "" without a price."""
    if price is None:
        return ""
    return f"¥{price:,.2f}" + (f" / {unit}" if unit else "")
