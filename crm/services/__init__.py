"""The writers of crm: one verb a function, the actor explicit, the audit row in the same transaction."""

from crm.services.contacts import delete_contact, save_contact
from crm.services.customers import create_customer, update_customer
from crm.services.events import record_event, set_last_event
from crm.services.indexing import IndexFields, index_fields, reindex
from crm.services.locations import confirm_location, suggest_location
from crm.services.numbers import next_codes, next_numbers
from crm.services.owners import assign_owner
from crm.services.shares import revoke_share, revoke_shares, share_customer, share_customers

__all__ = [
    "IndexFields",
    "assign_owner",
    "confirm_location",
    "create_customer",
    "delete_contact",
    "index_fields",
    "next_codes",
    "next_numbers",
    "record_event",
    "reindex",
    "revoke_share",
    "revoke_shares",
    "save_contact",
    "set_last_event",
    "share_customer",
    "share_customers",
    "suggest_location",
    "update_customer",
]
