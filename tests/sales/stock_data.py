"""Places, goods and documents for the tests of stock."""

from decimal import Decimal

from sales.enums import LocationKind, StockDocumentKind
from sales.models import StockBalance, StockLocation
from sales.rules.stock import StockLine
from sales.services import stock_documents
from sales.services.ledger import ledger_sums


def D(value):
    return Decimal(str(value))


def warehouse(code="W1", **kwargs):
    """The warehouse that orders are delivered from unless it says otherwise, in the place of the one of the start."""
    kwargs = {"name": f"仓库{code}", "kind": LocationKind.WAREHOUSE, "is_default": True} | kwargs
    if kwargs["is_default"]:
        StockLocation.objects.filter(is_default=True).update(is_default=False)
    return StockLocation.objects.create(code=code, **kwargs)


def van_for(rep, code=None):
    return StockLocation.objects.create(
        code=code or f"V{rep.pk}", name=f"{rep.name}的车", kind=LocationKind.VAN, rep=rep
    )


def receive(actor, place, goods, **kwargs):
    """goods: {product: quantity}."""
    return document(actor, StockDocumentKind.RECEIPT, goods, target=place, **kwargs)


def load(actor, source, van, goods, **kwargs):
    return document(actor, StockDocumentKind.LOAD, goods, source=source, target=van, **kwargs)


def document(actor, kind, goods, *, post=True, reason="", cost=None, **kwargs):
    lines = [
        StockLine(product.pk, D(quantity), unit_cost=cost, reason=reason)
        for product, quantity in goods.items()
    ]
    return stock_documents.create_document(actor=actor, kind=kind, lines=lines, post=post, **kwargs)


def on_hand(place, product):
    row = StockBalance.objects.filter(location=place, product=product).first()
    return row.quantity if row else D(0)


def check_books():
    """What stands on hand is what the moves say, everywhere."""
    sums = ledger_sums(StockLocation.objects.stocked())
    kept = {(row.location_id, row.product_id): row.quantity for row in StockBalance.objects.all()}
    for key in sums.keys() | kept.keys():
        assert sums.get(key, D(0)) == kept.get(key, D(0)), key


def post_rows(entries, **fields):
    """Form data of an entry: entries are (product, boxes, pieces, extra)."""
    data = {"lines-TOTAL_FORMS": len(entries), "lines-INITIAL_FORMS": 0, **fields}
    for n, (product, boxes, pieces, *extra) in enumerate(entries):
        data |= {f"lines-{n}-product": product.pk, f"lines-{n}-boxes": boxes, f"lines-{n}-pieces": pieces}
        data |= {f"lines-{n}-{name}": value for name, value in (extra[0] if extra else {}).items()}
    return data


def text(response):
    return response.content.decode()
