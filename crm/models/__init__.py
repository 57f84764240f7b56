from crm.models.contact import Contact, Phone
from crm.models.customer import Customer, CustomerShare, OwnerChange
from crm.models.dictionary import Dictionary, Tag
from crm.models.imports import ImportJob
from crm.models.sequence import Sequence

__all__ = [
    "Contact",
    "Customer",
    "CustomerShare",
    "Dictionary",
    "ImportJob",
    "OwnerChange",
    "Phone",
    "Sequence",
    "Tag",
]
