from sales.models.delivery import Delivery, DeliveryLine
from sales.models.order import OrderLine, SalesOrder
from sales.models.order_import import OrderImport, OrderImportLine
from sales.models.product import Product, ProductCategory
from sales.models.receipt import Receipt

__all__ = [
    "Delivery",
    "DeliveryLine",
    "OrderImport",
    "OrderImportLine",
    "OrderLine",
    "Product",
    "ProductCategory",
    "Receipt",
    "SalesOrder",
]
