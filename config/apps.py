from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.utils.translation import gettext_lazy as _


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = _("Site")
    default = True


class PaodianAdminConfig(admin_apps.AdminConfig):
    default_site = "config.admin.PaodianAdminSite"
    default = False
