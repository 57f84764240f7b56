"""Django admin of crm; every family is imported here, because that is where Django looks."""

from crm.admin import competitors, custom_fields, customers, follow_ups, lead_capture, leads, pool

__all__ = ["competitors", "custom_fields", "customers", "follow_ups", "lead_capture", "leads", "pool"]
