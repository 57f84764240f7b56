from sales.models.agreement import Agreement, AgreementFile
from sales.models.billing import Allocation, Bill, PaymentInstalment, Refund
from sales.models.delivery import Delivery, DeliveryLine
from sales.models.finance import CollectionNote, CostEntry, CustomerTerms, FinanceSlip
from sales.models.order import OrderLine, SalesOrder
from sales.models.order_import import OrderImport, OrderImportLine
from sales.models.pricing import GiftRule, PriceList, PriceListLine
from sales.models.product import Product, ProductCategory
from sales.models.quote import Quote, QuoteLine, QuoteTemplate
from sales.models.receipt import Receipt
from sales.models.sales_return import SalesReturn, SalesReturnLine
from sales.models.stock import StockBalance, StockLocation, StockMove
from sales.models.stock_document import DaySettlement, DaySettlementLine, StockDocument, StockDocumentLine
from sales.models.target import Target

__all__ = [
    "Agreement",
    "AgreementFile",
    "Allocation",
    "Bill",
    "CollectionNote",
    "CostEntry",
    "CustomerTerms",
    "DaySettlement",
    "DaySettlementLine",
    "Delivery",
    "DeliveryLine",
    "FinanceSlip",
    "GiftRule",
    "OrderImport",
    "OrderImportLine",
    "OrderLine",
    "PaymentInstalment",
    "PriceList",
    "PriceListLine",
    "Product",
    "ProductCategory",
    "Quote",
    "QuoteLine",
    "QuoteTemplate",
    "Receipt",
    "Refund",
    "SalesOrder",
    "SalesReturn",
    "SalesReturnLine",
    "StockBalance",
    "StockDocument",
    "StockDocumentLine",
    "StockLocation",
    "StockMove",
    "Target",
]
