from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class OrderStatus(TextChoices):
    """draft → submitted → approved → partly delivered → delivered → closed; cancelled while nothing is delivered."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    APPROVED = "approved", _("Approved")
    PARTLY_DELIVERED = "partly_delivered", _("Partly delivered")
    DELIVERED = "delivered", pgettext_lazy("order status", "Delivered")
    CLOSED = "closed", pgettext_lazy("order status", "Closed")
    CANCELLED = "cancelled", _("Cancelled")


class PostingStatus(TextChoices):
    POSTED = "posted", _("Posted")
    REVERSED = "reversed", _("Reversed")


class PaymentMethod(TextChoices):
    CASH = "cash", _("Cash")
    WECHAT = "wechat", _("WeChat Pay")
    ALIPAY = "alipay", _("Alipay")
    TRANSFER = "transfer", _("Bank transfer")
    CHEQUE = "cheque", _("Cheque")


class ShippingMethod(TextChoices):
    OWN_TRUCK = "own_truck", _("Our own truck")
    VAN = "van", _("The rep's van")
    LOGISTICS = "logistics", _("Freight forwarder")
    EXPRESS = "express", _("Express parcel")
    PICK_UP = "pick_up", _("Customer picks up")


class OrderSource(TextChoices):
    """Where an order was written."""

    OFFICE = "office", _("Office")
    PHONE = "phone", _("Phone page")
    VISIT = "visit", _("In a visit")
    QUOTE = "quote", _("From a quotation")
    HISTORY = "history", _("Imported history")


class BillKind(TextChoices):
    DELIVERY = "delivery", _("Delivery")
    ORDER = "order", _("Order approval")
    OPENING = "opening", _("Opening balance")


class LocationKind(TextChoices):
    WAREHOUSE = "warehouse", _("Warehouse")
    VAN = "van", _("Van")
    CUSTOMER = "customer", pgettext_lazy("stock location", "Customers")
    SUPPLIER = "supplier", _("Suppliers")
    LOSS = "loss", _("Losses")


class MoveKind(TextChoices):
    RECEIPT = "receipt", _("Goods received")
    SALE = "sale", pgettext_lazy("stock move", "Sale")
    RETURN = "return", pgettext_lazy("stock move", "Return")
    LOAD = "load", _("Van load")
    UNLOAD = "unload", _("Van unload")
    TRANSFER = "transfer", _("Transfer")
    LOSS = "loss", _("Loss")
    COUNT = "count", _("Count difference")


class StockDocumentKind(TextChoices):
    RECEIPT = "receipt", _("Goods received")
    LOAD = "load", _("Van load")
    UNLOAD = "unload", _("Van unload")
    TRANSFER = "transfer", _("Transfer")
    COUNT = "count", _("Stock count")
    LOSS = "loss", _("Loss")


class StockDocumentStatus(TextChoices):
    DRAFT = "draft", pgettext_lazy("stock document", "Draft")
    POSTED = "posted", _("Posted")
    REVERSED = "reversed", _("Reversed")
    CANCELLED = "cancelled", _("Cancelled")


class ReturnReason(TextChoices):
    EXPIRED = "expired", _("Past its date")
    NEAR_EXPIRY = "near_expiry", _("Close to its date")
    DAMAGED = "damaged", _("Damaged")
    QUALITY = "quality", _("Quality complaint")
    UNSOLD = "unsold", _("Does not sell")
    WRONG = "wrong", _("Wrong goods")
    OTHER = "other", _("Other")


class GoodsCondition(TextChoices):
    SELLABLE = "sellable", _("Sellable")
    UNSELLABLE = "unsellable", _("Not sellable")


class SettlementStatus(TextChoices):
    OPEN = "open", pgettext_lazy("settlement", "Open")
    SETTLED = "settled", pgettext_lazy("settlement", "Settled")


class QuoteStatus(TextChoices):
    """Expired is derived from the validity; a new version supersedes the one before."""

    DRAFT = "draft", pgettext_lazy("quotation", "Draft")
    SENT = "sent", pgettext_lazy("quotation", "Sent")
    ACCEPTED = "accepted", pgettext_lazy("quotation", "Accepted")
    REJECTED = "rejected", pgettext_lazy("quotation", "Rejected")
    SUPERSEDED = "superseded", pgettext_lazy("quotation", "Superseded")


class AgreementKind(TextChoices):
    DEALER = "dealer", _("Dealer agreement")
    AGENT = "agent", _("Agent agreement")


class AgreementStatus(TextChoices):
    """Running and expired are derived from the dates of an active one."""

    DRAFT = "draft", pgettext_lazy("agreement", "Draft")
    ACTIVE = "active", pgettext_lazy("agreement", "In force")
    ENDED = "ended", pgettext_lazy("agreement", "Ended early")


class AgreementFileKind(TextChoices):
    ATTACHMENT = "attachment", _("Attachment")
    SIGNATURE = "signature", _("Signed scan")


class CostKind(TextChoices):
    FREIGHT = "freight", _("Freight")
    DISPLAY = "display", _("Display fee")
    PROMOTION = "promotion", _("Promotion")
    ENTERTAINMENT = "entertainment", _("Entertainment")
    REBATE = "rebate", _("Rebate")
    OTHER = "other", _("Other")


class SlipKind(TextChoices):
    """What is handed over to finance."""

    ORDER = "order", _("Sales order")
    DELIVERY = "delivery", _("Delivery")
    RETURN = "return", _("Sales return")
    RECEIPT = "receipt", _("Receipt")
    REFUND = "refund", _("Refund")
    COST = "cost", pgettext_lazy("slip", "Cost")


class TargetMeasure(TextChoices):
    NEW_CUSTOMERS = "new_customers", _("New customers")
    ORDER_AMOUNT = "order_amount", _("Order amount")
    SALES_AMOUNT = "sales_amount", _("Sales amount")
    RECEIPTS = "receipts", _("Money received")
    VISITS = "visits", _("Visits")
    CATEGORY_AMOUNT = "category_amount", _("Order amount of a category")
