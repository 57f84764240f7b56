from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class RoleCode(TextChoices):
    REP = "rep", _("Sales rep")
    MANAGER = "manager", _("Sales manager")
    FINANCE = "finance", _("Finance")
    BACK_OFFICE = "back_office", _("Back office")
    SERVICE = "service", _("Customer service")
    ADMIN = "admin", _("Administrator")


class DataScope(TextChoices):
    SELF = "self", _("Own records")
    SUBORDINATES = "subordinates", _("Own and subordinates' records")
    DEPARTMENT = "department", _("Department")
    DEPARTMENT_TREE = "department_tree", _("Department and its children")
    ALL = "all", _("Whole company")


class GeofencePolicy(TextChoices):
    BLOCK = "block", _("Refuse check-in outside the fence")
    FLAG = "flag", _("Accept with a reason and flag it")


class PoolScope(TextChoices):
    COMPANY = "company", _("Everybody sees the whole pool")
    DEPARTMENT = "department", _("Each department sees what its people had")


class DuplicateScope(TextChoices):
    CUSTOMERS = "customers", _("Customers")
    LEADS = "leads", _("Leads")
    BOTH = "both", _("Customers and leads")


class BillingBasis(TextChoices):
    """What makes a customer owe money (domain-rules §6)."""

    DELIVERY = "delivery", _("Delivery of the goods")
    APPROVAL = "approval", _("Approval of the order")


# Pages with which somebody may begin (A3), and the permission that opens each.
HOME_PAGES: tuple[tuple[str, str | Promise, str], ...] = (
    ("/today/", _("My day"), "visits.view_visittask"),
    ("/customers/", _("Customers"), "crm.view_customer"),
    ("/alerts/", _("Alerts"), "alerts.view_alert"),
    ("/map/", _("Map"), "territory.view_map"),
    ("/orders/", _("Sales orders"), "sales.view_salesorder"),
    ("/finance/", _("Finance inbox"), "sales.view_financeslip"),
    ("/supervision/", _("Supervision"), "team.view_supervision"),
)


class AccessAction(TextChoices):
    EXPORT = "export", _("Export")
    LOCATION = "location", _("Looked at a location")
    IMPORT = "import", _("Import")
    LOGIN = "login", _("Login")


# What a role may do from the start; the administrator changes it in the admin afterwards. "app.codename",
# "app.*" for a whole app, "-app.codename" for what of it is kept from the role.
DEFAULT_PERMISSIONS: dict[RoleCode, tuple[str, ...]] = {
    RoleCode.REP: (
        "crm.view_customer",
        "crm.add_customer",
        "crm.change_customer",
        "crm.view_contact",
        "crm.add_contact",
        "crm.change_contact",
        "crm.delete_contact",
        "crm.view_pool",
        "crm.claim_customer",
        "crm.view_followup",
        "crm.add_followup",
        "crm.change_followup",
        "crm.view_lead",
        "crm.add_lead",
        "crm.change_lead",
        "crm.delete_lead",
        "crm.claim_lead",
        "crm.convert_lead",
        "crm.view_competitorsighting",
        "crm.add_competitorsighting",
        "crm.change_competitorsighting",
        "sales.view_product",
        "sales.view_salesorder",
        "sales.add_salesorder",
        "sales.change_salesorder",
        "sales.view_delivery",
        "sales.view_receipt",
        "sales.add_receipt",
        "sales.view_bill",
        "sales.view_refund",
        "sales.view_quote",
        "sales.add_quote",
        "sales.change_quote",
        "sales.view_agreement",
        "sales.view_stocklocation",
        "sales.view_stockdocument",
        "sales.count_van",
        "sales.sell_from_van",
        "sales.view_salesreturn",
        "sales.add_salesreturn",
        "sales.view_daysettlement",
        "sales.add_daysettlement",
        "sales.view_collectionnote",
        "sales.add_collectionnote",
        "sales.view_target",
        "visits.view_visit",
        "visits.add_visit",
        "visits.change_visit",
        "visits.view_visittask",
        "visits.add_visittask",
        "visits.change_visittask",
        "visits.view_visitplan",
        "visits.add_visitplan",
        "visits.change_visitplan",
        "visits.view_dailyreport",
        "visits.add_dailyreport",
        "visits.change_dailyreport",
        "territory.view_route",
        "territory.view_trackpoint",
        "territory.add_trackpoint",
        "territory.view_map",
        "alerts.view_alert",
        "alerts.view_repalert",
        "alerts.snooze_alert",
        "team.view_customertask",
        "team.add_customertask",
        "team.change_customertask",
        "team.view_scheduleentry",
        "team.add_scheduleentry",
        "team.change_scheduleentry",
        "team.delete_scheduleentry",
        "team.view_workreport",
        "team.add_workreport",
        "team.change_workreport",
        "team.view_instruction",
        "team.view_document",
    ),
    RoleCode.MANAGER: (
        "accounts.view_user",
        "accounts.share_savedview",
        "comms.add_announcement",
        "crm.*",
        "sales.*",
        "visits.*",
        "territory.*",
        "alerts.*",
        "team.*",
        "reports.*",
    ),
    RoleCode.FINANCE: (
        "crm.view_customer",
        "crm.view_contact",
        "crm.export_customer",
        "crm.view_followup",
        "sales.*",
        "-sales.approve_credit",  # over the limit a manager decides
        "alerts.view_alert",
        "team.view_customertask",
        "team.add_customertask",
        "team.change_customertask",
        "team.view_scheduleentry",
        "team.add_scheduleentry",
        "team.change_scheduleentry",
        "team.delete_scheduleentry",
        "team.view_workreport",
        "team.add_workreport",
        "team.change_workreport",
        "team.view_instruction",
        "team.view_document",
        "reports.*",
    ),
    RoleCode.BACK_OFFICE: (
        "comms.add_announcement",
        "comms.change_announcement",
        "crm.view_customer",
        "crm.add_customer",
        "crm.change_customer",
        "crm.view_contact",
        "crm.add_contact",
        "crm.change_contact",
        "crm.import_customer",
        "crm.merge_customer",
        "crm.view_pool",
        "crm.assign_customer",
        "crm.view_followup",
        "crm.add_followup",
        "crm.change_followup",
        "crm.view_lead",
        "crm.add_lead",
        "crm.change_lead",
        "crm.delete_lead",
        "crm.assign_lead",
        "crm.convert_lead",
        "crm.import_lead",
        "crm.view_leadchannel",
        "crm.view_capturedlead",
        "crm.view_competitorsighting",
        "sales.*",
        "-sales.approve_credit",
        "visits.view_visit",
        "visits.view_visittask",
        "territory.view_route",
        "territory.view_map",
        "alerts.view_alert",
        "team.view_customertask",
        "team.add_customertask",
        "team.change_customertask",
        "team.view_scheduleentry",
        "team.add_scheduleentry",
        "team.change_scheduleentry",
        "team.delete_scheduleentry",
        "team.view_workreport",
        "team.add_workreport",
        "team.change_workreport",
        "team.view_instruction",
        "team.view_document",
        "team.add_document",
        "team.change_document",
        "team.change_folder",
    ),
    RoleCode.SERVICE: (
        "crm.view_customer",
        "crm.change_customer",
        "crm.view_contact",
        "crm.add_contact",
        "crm.change_contact",
        "crm.view_pool",
        "crm.view_followup",
        "crm.add_followup",
        "crm.change_followup",
        "crm.view_lead",
        "crm.add_lead",
        "crm.change_lead",
        "sales.view_product",
        "sales.view_salesorder",
        "sales.view_quote",
        "sales.view_agreement",
        "visits.view_visit",
        "alerts.view_alert",
        "team.view_customertask",
        "team.add_customertask",
        "team.change_customertask",
        "team.view_scheduleentry",
        "team.add_scheduleentry",
        "team.change_scheduleentry",
        "team.delete_scheduleentry",
        "team.view_workreport",
        "team.add_workreport",
        "team.change_workreport",
        "team.view_instruction",
        "team.view_document",
    ),
    RoleCode.ADMIN: (
        "accounts.*",
        "comms.*",
        "crm.*",
        "sales.*",
        "visits.*",
        "territory.*",
        "alerts.*",
        "team.*",
        "reports.*",
        "auditlog.view_logentry",
        "django_celery_beat.*",
    ),
}

DEFAULT_SCOPES: dict[RoleCode, DataScope] = {
    RoleCode.REP: DataScope.SELF,
    RoleCode.MANAGER: DataScope.DEPARTMENT_TREE,
    RoleCode.FINANCE: DataScope.ALL,
    RoleCode.BACK_OFFICE: DataScope.ALL,
    RoleCode.SERVICE: DataScope.ALL,
    RoleCode.ADMIN: DataScope.ALL,
}
