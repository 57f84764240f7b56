"""The list of territory scenarios."""

from django.utils.translation import gettext_lazy as _

from common.tables import ChoiceColumn, Column, LinkColumn, MomentColumn

STATE_COLOURS = (
    ("published", "green"),
    ("failed", "red"),
    ("running", "teal"),
    ("queued", "teal"),
    ("ready", "blue"),
)

SCENARIO_COLUMNS: tuple[Column, ...] = (
    LinkColumn("name", _("Scenario"), order=("name",), phone="title"),
    ChoiceColumn("state", _("State"), order=("state",), phone="side", colours=STATE_COLOURS),
    ChoiceColumn("weight", _("Made even"), order=("weight",)),
    Column("tolerance", _("Allowed difference (%)"), order=("tolerance",), phone=""),
    Column("created_by", _("Person"), order=("created_by__name",)),
    MomentColumn("created_at", _("Time"), order=("created_at",)),
    MomentColumn("published_at", _("Published"), order=("published_at",), phone=""),
)
