from accounts.models.access import AccessLog
from accounts.models.options import SystemOptions
from accounts.models.organisation import Department, Role
from accounts.models.user import User
from accounts.models.views import SavedView

__all__ = ["AccessLog", "Department", "Role", "SavedView", "SystemOptions", "User"]
