from django.contrib.auth.models import Permission
from django.db import models
from django.utils.translation import gettext_lazy as _
from tree_queries.fields import TreeNodeForeignKey
from tree_queries.models import TreeNode

from accounts.enums import DataScope, RoleCode


class Department(TreeNode):
    parent = TreeNodeForeignKey(
        "self",
        verbose_name=_("parent department"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="children",
    )
    name = models.CharField(_("name"), max_length=60)
    position = models.PositiveIntegerField(_("order"), default=0)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("department")
        verbose_name_plural = _("departments")

    def __str__(self) -> str:
        return self.name


class Role(models.Model):
    """What people of one kind may do (permissions) and whose records they see (data scope)."""

    code = models.CharField(_("code"), max_length=20, choices=RoleCode.choices, unique=True)
    data_scope = models.CharField(_("data scope"), max_length=20, choices=DataScope.choices)
    permissions = models.ManyToManyField(
        Permission, verbose_name=_("permissions"), blank=True, related_name="roles"
    )
    daily_claim_cap = models.PositiveIntegerField(
        _("claims a day at most"), null=True, blank=True, help_text=_("Empty: as in the system options.")
    )
    holding_cap = models.PositiveIntegerField(
        _("customers of one person at most"),
        null=True,
        blank=True,
        help_text=_("Empty: as in the system options."),
    )
    # Permissions once given by default; one that the administrator took away is not given again.
    seeded = models.JSONField(default=list, editable=False)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("role")
        verbose_name_plural = _("roles")

    def __str__(self) -> str:
        return str(self.get_code_display())
