from accounts.models.access import AccessLog
from accounts.models.options import SystemOptions
from accounts.models.organisation import Department, Role
from accounts.models.user import User

__all__ = ["AccessLog", "Department", "Role", "SystemOptions", "User"]
