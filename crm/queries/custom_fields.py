"""The fields a company added itself (A5)."""

from crm.models import CustomField


def active_fields(target: str) -> list[CustomField]:
    """Those of "customer" or "lead" that are in use, in their order."""
    return list(CustomField.objects.filter(target=target, is_active=True).order_by("position", "pk"))
