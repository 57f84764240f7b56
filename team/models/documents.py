"""Documents (资料, H6): a tree of folders, what stands in them, their versions, attachments and readers."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Department, Role
from crm.enums import DictionaryKind
from crm.models import Dictionary, FollowUp
from crm.models.fields import GramsField
from team.enums import DocumentStatus, TextState
from team.querysets.documents import DocumentQuerySet, FolderQuerySet
from team.rules.documents import MAX_BODY, MAX_TITLE


class Folder(models.Model):
    """A drawer of the library. A folder that has something in it cannot go; rings are refused by the service."""

    name = models.CharField(_("name"), max_length=60)
    parent = models.ForeignKey(
        "self",
        verbose_name=_("in folder"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
    )
    position = models.PositiveSmallIntegerField(pgettext_lazy("in a list", "position"), default=0)

    objects = FolderQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name", "pk"]
        verbose_name = _("folder")
        verbose_name_plural = _("folders")
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], name="folder_name_once"),
            models.UniqueConstraint(
                fields=["name"], name="folder_name_once_on_top", condition=Q(parent__isnull=True)
            ),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="folder_not_in_itself"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse('team:document_list')}?folder={self.pk}"


class Document(models.Model):
    """Something to know or to show: a price policy, a training sheet, a catalogue (H6)."""

    folder = models.ForeignKey(
        Folder, verbose_name=_("folder"), on_delete=models.PROTECT, related_name="documents"
    )
    title = models.CharField(_("title"), max_length=MAX_TITLE)
    body_html = models.TextField(_("text"), max_length=MAX_BODY, blank=True)  # sanitised by the service
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("author"), on_delete=models.PROTECT, related_name="documents"
    )
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("changed by"), on_delete=models.PROTECT, related_name="+"
    )
    status = models.CharField(
        _("status"), max_length=10, choices=DocumentStatus.choices, default=DocumentStatus.DRAFT
    )
    for_all = models.BooleanField(_("for the whole company"), default=True)
    products = models.CharField(_("products"), max_length=200, blank=True)
    scenes = models.CharField(_("occasions"), max_length=200, blank=True)
    channel = models.ForeignKey(
        Dictionary,
        verbose_name=_("channel"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        limit_choices_to={"kind": DictionaryKind.CHANNEL},
    )
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    must_read = models.BooleanField(_("must be read"), default=False)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    # Whoever confirmed an older version than this is asked again; and the version the audience was told of.
    asked_version = models.PositiveIntegerField(default=1, editable=False)
    told_version = models.PositiveIntegerField(default=0, editable=False)
    published_at = models.DateTimeField(_("published"), null=True, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    updated_at = models.DateTimeField(_("changed at"), default=timezone.now)

    # What the search reads, folded (common.names): filled by team.services.document_index.
    title_text = models.CharField(max_length=2 * MAX_TITLE, editable=False, default="")
    body_text = models.TextField(editable=False, default="")
    files_text = models.TextField(editable=False, default="")
    search_grams = GramsField()

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-pk"]
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True)
                | Q(valid_until__isnull=True)
                | Q(valid_until__gte=F("valid_from")),
                name="document_valid_in_order",
            ),
            models.CheckConstraint(
                condition=Q(status=DocumentStatus.DRAFT) | Q(published_at__isnull=False),
                name="document_published_at_known",
            ),
        ]
        indexes = [
            # The newest finds of a frequent word are read in this order until a page is full.
            models.Index(fields=["-updated_at", "-id"], name="document_updated"),
            models.Index(
                fields=["must_read"],
                name="document_must_read",
                condition=Q(must_read=True, status="published"),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("team:document", args=[self.pk])


class DocumentAudience(models.Model):
    """One of those a document is for: a department with those under it, a role, or a person."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="audience")
    department = models.ForeignKey(Department, null=True, on_delete=models.CASCADE, related_name="+")
    role = models.ForeignKey(Role, null=True, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("audience")
        verbose_name_plural = _("audience")
        constraints = [
            models.CheckConstraint(
                condition=Q(department__isnull=False, role__isnull=True, user__isnull=True)
                | Q(department__isnull=True, role__isnull=False, user__isnull=True)
                | Q(department__isnull=True, role__isnull=True, user__isnull=False),
                name="document_audience_one_of_three",
            ),
            models.UniqueConstraint(fields=["document", "department"], name="document_department_once"),
            models.UniqueConstraint(fields=["document", "role"], name="document_role_once"),
            models.UniqueConstraint(fields=["document", "user"], name="document_user_once"),
        ]

    def __str__(self) -> str:
        return str(self.department or self.role or self.user)


class DocumentVersion(models.Model):
    """Title and text as somebody saved them; never changed, never deleted."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    title = models.CharField(_("title"), max_length=MAX_TITLE)
    body_html = models.TextField(_("text"), blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("changed by"), on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(_("time"), default=timezone.now)
    restored_from = models.PositiveIntegerField(null=True, editable=False)

    class Meta:
        ordering = ["-number"]
        verbose_name = _("version of a document")
        verbose_name_plural = _("versions of documents")
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="document_version_once")]

    def __str__(self) -> str:
        return f"{self.title} · {self.number}"


class DocumentFile(models.Model):
    """An attachment. Its text is taken out by a job, whose state stands here."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(_("file name"), max_length=200)
    suffix = models.CharField(max_length=5)  # by its content, never what the sender called it
    size = models.PositiveIntegerField(_("size"))
    file = models.FileField(upload_to="documents/%Y/%m/")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("added by"), on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("added"), default=timezone.now)
    state = models.CharField(max_length=8, choices=TextState.choices, default=TextState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    heartbeat_at = models.DateTimeField(default=timezone.now)
    text = models.TextField(blank=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        indexes = [
            models.Index(
                fields=["heartbeat_at"],
                name="document_file_to_read",
                condition=Q(state__in=["waiting", "running"]),
            )
        ]

    def __str__(self) -> str:
        return self.name


class DocumentPicture(models.Model):
    """A picture within the text, written anew as JPEG. Without a document while a new one is not saved yet."""

    document = models.ForeignKey(Document, null=True, on_delete=models.CASCADE, related_name="pictures")
    image = models.ImageField(upload_to="documents/%Y/%m/")
    sha256 = models.CharField(max_length=64)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        indexes = [
            models.Index(
                fields=["created_at"], name="document_picture_loose", condition=Q(document__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return self.image.name or ""

    def get_absolute_url(self) -> str:
        return reverse("team:document_picture", args=[self.pk])


class DocumentRead(models.Model):
    """Somebody opened a document, and perhaps said that he has read it."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="reads")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="document_reads"
    )
    read_at = models.DateTimeField(_("read"), default=timezone.now)
    version = models.PositiveIntegerField(_("version"))
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    confirmed_version = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["read_at"]
        verbose_name = _("reading of a document")
        verbose_name_plural = _("readings of documents")
        constraints = [
            models.UniqueConstraint(fields=["document", "user"], name="document_read_once"),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True, confirmed_version=0)
                | Q(confirmed_at__isnull=False, confirmed_version__gt=0),
                name="document_confirmed_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id}: {self.user_id}"


class FollowUpDocument(models.Model):
    """A document shown to the customer at a follow-up (使用的资料)."""

    follow_up = models.ForeignKey(FollowUp, on_delete=models.CASCADE, related_name="shown_documents")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="follow_ups")

    class Meta:
        ordering = ["pk"]
        verbose_name = _("document of a follow-up")
        verbose_name_plural = _("documents of follow-ups")
        constraints = [
            models.UniqueConstraint(fields=["follow_up", "document"], name="follow_up_document_once")
        ]

    def __str__(self) -> str:
        return f"{self.follow_up_id}: {self.document_id}"
