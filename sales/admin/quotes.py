from typing import Any

from auditlog.registry import auditlog
from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from sales.admin.base import ReadOnly
from sales.models import Quote, QuoteLine, QuoteTemplate
from sales.rules.quote_templates import LINE_VARIABLES, VARIABLES, example, fill
from sales.services import quotes as services

auditlog.register(Quote)
auditlog.register(QuoteTemplate)


class QuoteTemplateForm(forms.ModelForm):
    class Meta:
        model = QuoteTemplate
        fields = ["name", "html", "is_default", "is_active"]
        widgets = {"html": forms.Textarea(attrs={"rows": 28, "cols": 120, "spellcheck": "false"})}

    def clean_html(self) -> str:
        return services.check_template(self.cleaned_data["html"])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("is_default") and not data.get("is_active"):
            raise ValidationError(_("A template that is not in use cannot be the default."))
        return data

    def _get_validation_exclusions(self) -> set[str]:
        """Not whether there is another default: the service takes the mark from it."""
        return super()._get_validation_exclusions() | {"is_default"}


@admin.register(QuoteTemplate)
class QuoteTemplateAdmin(admin.ModelAdmin):
    form = QuoteTemplateForm
    list_display = ["name", "is_default", "is_active", "preview"]
    list_filter = ["is_active"]
    change_form_template = "sales/admin_quote_template.html"

    @admin.display(description=_("preview"))
    def preview(self, obj: QuoteTemplate) -> str:
        address = reverse("admin:sales_quotetemplate_preview", args=[obj.pk])
        return format_html('<a href="{}" target="_blank" rel="noopener">{}</a>', address, _("preview"))

    def save_model(self, request: HttpRequest, obj: QuoteTemplate, form: Any, change: bool) -> None:
        services.save_template(template=obj)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        known = {"variables": VARIABLES.items(), "line_variables": LINE_VARIABLES.items()}
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **known})

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.show_preview)
        return [
            path("<int:pk>/preview/", view, name="sales_quotetemplate_preview"),
            *super().get_urls(),
        ]

    def show_preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The kept template with made-up values, as the printer would get it."""
        template = self.get_object(request, str(pk))
        if template is None or not self.has_view_permission(request, template):
            raise Http404
        context = {"name": template.name, "paper": fill(template.html, *example())}
        return TemplateResponse(request, "sales/admin_quote_preview.html", context)


class QuoteLineInline(ReadOnly, admin.TabularInline):
    model = QuoteLine
    extra = 0


@admin.register(Quote)
class QuoteAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["number", "version", "customer", "rep", "status", "quoted_on", "valid_until", "total"]
    list_filter = ["status"]
    list_select_related = ["customer", "rep"]
    search_fields = ["number", "customer__name"]
    inlines = [QuoteLineInline]
