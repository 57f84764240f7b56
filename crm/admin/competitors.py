from auditlog.registry import auditlog
from django.contrib import admin

from crm.models import Competitor, CompetitorSighting

auditlog.register(Competitor)
auditlog.register(CompetitorSighting)


@admin.register(Competitor)
class CompetitorAdmin(admin.ModelAdmin):
    """Names of competitors; one out of use is no longer proposed, its sightings stay."""

    list_display = ["name", "notes", "is_active"]
    list_editable = ["is_active"]
    list_filter = ["is_active"]
    search_fields = ["name"]
