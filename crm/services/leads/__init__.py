"""The writers of leads (C1–C3): making them, who has them, how far they have come, the recycle bin, converting."""

from crm.services.leads.base import LeadOutcome, reindex_lead
from crm.services.leads.bin import delete_leads, purge_leads, restore_leads
from crm.services.leads.convert import convert_lead
from crm.services.leads.owners import assign_leads, claim_lead, recycle_leads, release_leads
from crm.services.leads.stages import change_stage, change_stages, note_contact
from crm.services.leads.writing import create_lead, update_lead

__all__ = [
    "LeadOutcome",
    "assign_leads",
    "change_stage",
    "change_stages",
    "claim_lead",
    "convert_lead",
    "create_lead",
    "delete_leads",
    "note_contact",
    "purge_leads",
    "recycle_leads",
    "reindex_lead",
    "release_leads",
    "restore_leads",
    "update_lead",
]
