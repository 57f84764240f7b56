from auditlog.registry import auditlog
from django.contrib import admin

from territory.models import Route, TerritoryScenario, TrackingDevice


@admin.register(Route)
class RouteAdmin(admin.ModelAdmin):
    list_display = ["name", "rep", "weekdays", "starts_on", "ends_on", "is_active"]
    list_filter = ["is_active", "rep"]
    list_select_related = ["rep"]
    search_fields = ["name", "rep__name"]
    autocomplete_fields = ["rep"]
    readonly_fields = ["created_by"]


auditlog.register(Route, exclude_fields=["created_at"])
# Whose phone may speak for him, and since when; never the token.
auditlog.register(
    TrackingDevice,
    exclude_fields=["created_at", "token_hash", "seen_at", "battery", "waypoints_sent_on"],
)
auditlog.register(
    TerritoryScenario,
    exclude_fields=["links", "done", "attempts", "heartbeat_at", "created_at"],
)
