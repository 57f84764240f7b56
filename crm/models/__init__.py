from crm.models.bulk import BulkItem, BulkJob, Merge, NotDuplicate
from crm.models.competitor import Competitor, CompetitorSighting
from crm.models.contact import Contact, Phone
from crm.models.custom_field import CustomField
from crm.models.customer import Customer
from crm.models.dictionary import Dictionary, Tag
from crm.models.follow_up import FollowUp, FollowUpPhoto
from crm.models.geocoding import GeocodeItem, GeocodeJob
from crm.models.import_file import ImportFile
from crm.models.imports import ImportJob
from crm.models.lead import Lead, LeadContact, LeadEvent
from crm.models.lead_capture import CapturedLead, LeadChannel, LeadImport, RegionOwner
from crm.models.owners import CustomerShare, OwnerChange
from crm.models.placed import Placed
from crm.models.pool import PoolRule, PoolRun, PoolWarning
from crm.models.sequence import Sequence

__all__ = [
    "BulkItem",
    "BulkJob",
    "CapturedLead",
    "Competitor",
    "CompetitorSighting",
    "Contact",
    "CustomField",
    "Customer",
    "CustomerShare",
    "Dictionary",
    "FollowUp",
    "FollowUpPhoto",
    "GeocodeItem",
    "GeocodeJob",
    "ImportFile",
    "ImportJob",
    "Lead",
    "LeadChannel",
    "LeadContact",
    "LeadEvent",
    "LeadImport",
    "Merge",
    "NotDuplicate",
    "OwnerChange",
    "Phone",
    "Placed",
    "PoolRule",
    "PoolRun",
    "PoolWarning",
    "RegionOwner",
    "Sequence",
    "Tag",
]
