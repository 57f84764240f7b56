from auditlog.registry import auditlog
from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from visits.models import (
    ClientAction,
    CustomForm,
    FormQuestion,
    LevelFrequency,
    Phrase,
    Visit,
    VisitPlan,
    VisitStep,
    VisitTask,
    VisitType,
)

# Only creation and admin edits come from here; services write the lines of their conditional UPDATEs themselves.
auditlog.register(VisitTask)
auditlog.register(VisitPlan)
for model in (VisitType, VisitStep, CustomForm, FormQuestion, LevelFrequency, Phrase):
    auditlog.register(model)


class ReadOnlyAdmin(admin.ModelAdmin):
    """Records of what happened: looked at, never edited."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Visit)
class VisitAdmin(ReadOnlyAdmin):
    list_display = ("day", "rep", "customer", "check_in_at", "check_out_at", "fence", "status")
    list_filter = ("status", "fence", "outcome")
    list_select_related = ("rep", "customer")
    date_hierarchy = "day"
    search_fields = ("customer__name", "customer__code", "rep__name")


@admin.register(ClientAction)
class ClientActionAdmin(ReadOnlyAdmin):
    list_display = ("received_at", "user", "kind", "occurred_at", "result")
    list_filter = ("result", "kind")
    list_select_related = ("user",)


@admin.register(VisitPlan)
class VisitPlanAdmin(admin.ModelAdmin):
    list_display = ("rep", "customer", "weekdays", "starts_on", "ends_on", "is_active")
    list_select_related = ("rep", "customer")
    autocomplete_fields = ("customer",)


class StepInline(admin.TabularInline):
    model = VisitStep
    extra = 0
    fields = ("position", "kind", "form", "is_required")


@admin.register(VisitType)
class VisitTypeAdmin(admin.ModelAdmin):
    list_display = ("name", "is_default", "is_active", "position")
    formfield_overrides = {models.ManyToManyField: {"widget": forms.CheckboxSelectMultiple}}
    inlines = (StepInline,)


class QuestionInline(admin.TabularInline):
    model = FormQuestion
    extra = 0
    fields = ("position", "label", "kind", "is_required", "choices")
    formfield_overrides = {models.TextField: {"widget": forms.Textarea(attrs={"rows": 3, "cols": 24})}}


@admin.register(CustomForm)
class CustomFormAdmin(admin.ModelAdmin):
    list_display = ("name", "is_active")
    inlines = (QuestionInline,)


@admin.register(LevelFrequency)
class LevelFrequencyAdmin(admin.ModelAdmin):
    list_display = ("level", "visits")


@admin.register(Phrase)
class PhraseAdmin(admin.ModelAdmin):
    """Everybody's phrases; people change their own on a page of their own."""

    list_display = ("text", "use", "user", "position")
    list_filter = ("use",)
    list_select_related = ("user",)
    search_fields = ("text", "user__name")
    autocomplete_fields = ("user",)
