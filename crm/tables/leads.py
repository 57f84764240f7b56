"""Columns of the lead lists: mine and my people's, the pool (no contacts there), the recycle bin."""

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from common.tables import AgoColumn, ChoiceColumn, Column, FormatColumn, MomentColumn
from common.templatetags.paodian import icon, moment
from crm.models import Lead

STAGE_COLOURS = (
    ("new", "azure"),
    ("contacted", "teal"),
    ("interested", "teal"),
    ("negotiating", "yellow"),
    ("converted", "green"),
)


def _name(lead: Lead) -> SafeString:
    return format_html('<a href="/leads/{}/" class="fw-medium">{}</a>', lead.pk, lead.name)


def _owner(lead: Lead) -> str:
    return getattr(lead, "owner_name", None) or _t("lead pool")


def _phone(lead: Lead) -> SafeString | str:
    phone = getattr(lead, "first_phone", None)
    dial = getattr(lead, "first_e164", None) or "".join(filter(str.isdigit, phone or ""))
    return format_html('<a href="tel:{}" class="lead-call">{}</a>', dial, phone) if dial else phone or "–"


def _next(lead: Lead) -> SafeString | str:
    at = lead.next_contact_at
    if at is None:
        return "–"
    late = at < timezone.now() and lead.stage not in ("converted", "lost")
    return format_html('<span class="text-overdue">{}</span>', moment(at)) if late else moment(at)


def _claim(lead: Lead) -> SafeString:
    return format_html(
        '<button class="btn btn-sm btn-outline-primary lead-claim" formaction="{}">{} {}</button>',
        reverse("crm:lead_claim", args=[lead.pk]),
        icon("hand-grab"),
        _t("Claim"),
    )


LEAD_COLUMNS = (
    FormatColumn("name", _("Lead name"), order=("name",), phone="title", draw=_name),
    ChoiceColumn("stage", _("Stage"), order=("stage",), phone="side", colours=STAGE_COLOURS),
    FormatColumn("owner", _("Owner"), path="owner_name", order=("owner__name",), phone="line", draw=_owner),
    Column("channel", _("Channel"), path="channel_name", order=("channel__name",), phone=""),
    Column("source", _("Source"), path="source_name", order=("source__position",), phone=""),
    Column("region", _("Region"), path="region_name", order=("region__position",), phone=""),
    Column("contact", _("Contact"), path="first_contact", phone=""),
    FormatColumn("phone", _("Phone"), path="first_phone", phone="line", draw=_phone),
    AgoColumn("last_follow_up_on", _("Last follow-up"), order=("last_follow_up_on",), phone="line"),
    FormatColumn(
        "next_contact_at",
        _("Next contact"),
        path="next_contact_at",
        order=("next_contact_at",),
        phone="line",
        draw=_next,
    ),
    MomentColumn("created_at", _("Created at"), order=("created_at",), phone=""),
    Column("city", _("City"), path="city", order=("city",), phone="", hidden=True),
    Column("address", _("Address"), path="full_address", phone="", hidden=True),
    Column("lost_reason", _("Why it was lost"), path="lost_reason", phone="", hidden=True),
)

POOL_COLUMNS = (
    Column("name", _("Lead name"), order=("name",), phone="title"),
    ChoiceColumn("stage", _("Stage"), order=("stage",), phone="side", colours=STAGE_COLOURS),
    Column("place", _("Place"), path="place", phone="line"),
    Column("channel", _("Channel"), path="channel_name", order=("channel__name",), phone="line"),
    Column("source", _("Source"), path="source_name", order=("source__position",), phone=""),
    Column("region", _("Region"), path="region_name", order=("region__position",), phone=""),
    Column("last_owner", _("Last owner"), path="last_owner_name", phone=""),
    AgoColumn("last_follow_up_on", _("Last follow-up"), order=("last_follow_up_on",), phone="line"),
    MomentColumn("since", _("In the pool since"), order=("since",), phone="line"),
)
CLAIM_COLUMN = FormatColumn("claim", "", path="pk", phone="line", draw=_claim)

BIN_COLUMNS = (
    Column("name", _("Lead name"), order=("name",), phone="title"),
    ChoiceColumn("stage", _("Stage"), order=("stage",), phone="side", colours=STAGE_COLOURS),
    FormatColumn("owner", _("Owner"), path="owner_name", order=("owner__name",), phone="line", draw=_owner),
    Column("deleted_by", _("Deleted by"), path="deleted_by_name", phone="line"),
    MomentColumn("deleted_at", _("Deleted at"), order=("deleted_at",), phone="line"),
)
