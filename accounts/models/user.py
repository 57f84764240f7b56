from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.enums import DataScope
from accounts.models.organisation import Department, Role
from accounts.querysets import UserQuerySet


class PeopleManager(UserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Django's user manager with our scope filters; named so that migrations find it."""


class User(AbstractUser):
    """A person of the company; `superior` and `department` decide who sees whose records."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]

    name = models.CharField(_("full name"), max_length=40)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    title = models.CharField(_("position"), max_length=40, blank=True)
    department = models.ForeignKey(
        Department,
        verbose_name=_("department"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="users",
    )
    superior = models.ForeignKey(
        "self",
        verbose_name=_("superior"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="subordinates",
    )
    role = models.ForeignKey(
        Role, verbose_name=_("role"), null=True, blank=True, on_delete=models.PROTECT, related_name="users"
    )
    data_scope = models.CharField(
        _("personal data scope"),
        max_length=20,
        choices=DataScope.choices,
        blank=True,
        help_text=_("Leave empty to use the role's."),
    )
    daily_claim_cap = models.PositiveIntegerField(
        _("claims a day at most"), null=True, blank=True, help_text=_("Leave empty to use the role's.")
    )
    holding_cap = models.PositiveIntegerField(
        _("customers of one person at most"),
        null=True,
        blank=True,
        help_text=_("Leave empty to use the role's."),
    )
    # Personal settings (A3)
    language = models.CharField(_("language"), max_length=10, blank=True)
    home_page = models.CharField(_("home page"), max_length=40, blank=True)
    usual_region = models.CharField(_("usual region"), max_length=60, blank=True)
    usual_industry = models.CharField(_("usual industry"), max_length=60, blank=True)
    # Tracks are recorded only for people who were told; when this was.
    tracking_notice_at = models.DateTimeField(_("told about location recording at"), null=True, blank=True)

    objects = PeopleManager()  # type: ignore[misc]  # AbstractUser declares its own as a class variable

    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ["pk"]
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            # A phone is a second login name, so it must not be ambiguous.
            models.UniqueConstraint("phone", name="user_phone_unique", condition=~models.Q(phone="")),
            models.UniqueConstraint(Lower("username"), name="user_username_ci_unique"),
            models.CheckConstraint(
                condition=models.Q(superior__isnull=True) | ~models.Q(superior=models.F("pk")),
                name="user_not_own_superior",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)

    @property
    def effective_scope(self) -> DataScope:
        if self.is_superuser:
            return DataScope.ALL
        if self.data_scope:
            return DataScope(self.data_scope)
        return DataScope(self.role.data_scope) if self.role else DataScope.SELF

    @property
    def role_code(self) -> str:
        return self.role.code if self.role else ""
