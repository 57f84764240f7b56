from django.contrib import admin
from django.utils.translation import gettext_lazy as _


class PaodianAdminSite(admin.AdminSite):
    site_header = _("Paodian administration")
    site_title = _("Paodian")
    index_title = _("Settings and data")
    enable_nav_sidebar = True
