"""Entries of the schedule: made, shown, changed, dragged, answered, and the way to the check-in."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_POST, require_safe

from common import business_calendar
from common.punctuation import named
from common.templatetags import paodian as fmt
from comms.services import mark_url_read
from crm.models import Customer
from team.enums import InvitationAnswer, SeriesPart
from team.forms.schedule import EntryForm, MoveForm, PartForm, attach_errors
from team.models import ScheduleEntry
from team.queries.schedule import Occurrence, aware, local, occurrence_on
from team.rules.schedule import read_rule
from team.rules.schedule_words import reminder_words, repeat_words
from team.services import schedule as services
from team.services.schedule_check_in import plan_visit
from team.services.schedule_people import ANSWERS
from team.views.schedule import VIEW, day_of, me

_HOUR = dt.timedelta(hours=1)


def safe_next(request: HttpRequest, fallback: str) -> str:
    """`next` of the request when it stays on this site."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if ours and target.startswith("/") else fallback


def readable_entry(request: HttpRequest, pk: int) -> ScheduleEntry:
    """The entry, if the user may read its words; else 404."""
    rows = ScheduleEntry.objects.readable_by(me(request)).select_related("owner", "customer")
    entry: ScheduleEntry = get_object_or_404(rows, pk=pk)
    return entry


def own_entry(request: HttpRequest, pk: int) -> ScheduleEntry:
    """The entry, if it is the user's: 404 when he may not read it, 403 when he only may look."""
    entry = readable_entry(request, pk)
    if entry.owner_id != me(request).pk:
        raise PermissionDenied
    return entry


def asked_occurrence(request: HttpRequest, entry: ScheduleEntry) -> Occurrence | None:
    """The one that `on` of the request names, else the first."""
    return occurrence_on(entry, day_of(request.POST.get("on") or request.GET.get("on")))


def calendar_url(one: Occurrence | None) -> str:
    """The week of the schedule with this occurrence."""
    day = f"?date={local(one.starts_at).date().isoformat()}" if one is not None else ""
    return reverse("team:schedule") + day


# --- form
class EntryCreate(PermissionRequiredMixin, View):
    """GET: `date`, `time` (the slot that was clicked) and `customer` fill the form in."""

    raise_exception = True
    permission_required = (VIEW, "team.add_scheduleentry")

    def get(self, request: HttpRequest) -> HttpResponse:
        customer = typed_customer(request, request.GET.get("customer", ""))
        form = EntryForm(user=me(request), initial=_slot(request, customer))
        return draw_form(request, form, customer)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = EntryForm(request.POST, user=me(request))
        if form.is_valid():
            try:
                entry = services.create_entry(
                    actor=me(request), terms=form.terms(), uuid=form.cleaned_data["uuid"]
                )
            except ValidationError as refusal:
                attach_errors(form, refusal)
            else:
                messages.success(request, _("%(title)s stands in your schedule.") % {"title": entry.title})
                return redirect(safe_next(request, calendar_url(occurrence_on(entry, None))))
        return draw_form(request, form, typed_customer(request, request.POST.get("customer", "")), status=422)


class EntryEdit(PermissionRequiredMixin, View):
    """`on` names the occurrence of a series that was opened."""

    raise_exception = True
    permission_required = (VIEW, "team.change_scheduleentry")

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        entry, one = self.asked(request, pk)
        form = EntryForm(user=me(request), entry=entry, on=one)
        return draw_form(request, form, entry.customer, one=one)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        entry, one = self.asked(request, pk)
        form = EntryForm(request.POST, user=me(request), entry=entry, on=one)
        if form.is_valid():
            part = form.cleaned_data.get("part") or SeriesPart.ALL
            try:
                services.update_entry(
                    actor=me(request), entry=entry, terms=form.terms(), part=part, day=one.day
                )
            except ValidationError as refusal:
                attach_errors(form, refusal)
            else:
                messages.success(request, _("Saved."))
                day = form.cleaned_data["date"]
                return redirect(safe_next(request, f"{reverse('team:schedule')}?date={day.isoformat()}"))
        customer = typed_customer(request, request.POST.get("customer", "")) or entry.customer
        return draw_form(request, form, customer, one=one, status=422)

    def asked(self, request: HttpRequest, pk: int) -> tuple[ScheduleEntry, Occurrence]:
        entry = own_entry(request, pk)
        one = asked_occurrence(request, entry)
        if one is None:
            raise Http404
        return entry, one


def typed_customer(request: HttpRequest, key: str) -> Customer | None:
    """A customer of the user's by a key as it was typed."""
    if not (key.isascii() and key.isdigit() and len(key) < 19):
        return None
    found: Customer | None = Customer.objects.visible_to(me(request)).filter(pk=int(key)).first()
    return found


def _slot(request: HttpRequest, customer: Customer | None) -> dict[str, Any]:
    now = local(timezone.now())
    day = day_of(request.GET.get("date")) or now.date()
    try:
        start = dt.time.fromisoformat(request.GET.get("time", ""))
    except ValueError:
        start = dt.time(min(now.hour + 1, 22)) if day == now.date() else dt.time(9)
    end = dt.datetime.combine(day, start.replace(tzinfo=None, second=0, microsecond=0)) + _HOUR
    return {
        "uuid": uuid.uuid4(),
        "date": day,
        "start": start,
        "end_date": end.date(),
        "end": end.time(),
        "title": _("Visit %(name)s") % {"name": customer.name} if customer else "",
        "customer": customer.pk if customer else None,
    }


def draw_form(
    request: HttpRequest,
    form: EntryForm,
    customer: Customer | None,
    *,
    one: Occurrence | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "title": _("Change entry") if one else _("New entry"),
        "form": form,
        "customer": customer,
        "one": one,
        "next": safe_next(request, ""),
        "cancel_url": safe_next(request, calendar_url(one)),
    }
    return TemplateResponse(request, "team/schedule_form.html", context, status=status)


# --- one entry
@require_safe
@permission_required(VIEW, raise_exception=True)
def entry_page(request: HttpRequest, pk: int) -> HttpResponse:
    """An entry with its people; `on` names the occurrence. Whoever is invited answers here."""
    user, now = me(request), timezone.now()
    entry = readable_entry(request, pk)
    one = asked_occurrence(request, entry)
    mark_url_read(user=user, url=request.get_full_path(), now=now)
    invitations = list(entry.invitations.select_related("person__department"))
    mine = next((row for row in invitations if row.person_id == user.pk), None)
    today = business_calendar.today(now)
    rule = read_rule(entry.rule)
    is_own = entry.owner_id == user.pk
    customers = Customer.objects.visible_to(user).filter(pk=entry.customer_id or 0)
    context = {
        "entry": entry,
        "one": one,
        "last_day": local(one.ends_at - dt.timedelta(microseconds=1)).date() if one else None,
        "repeats": repeat_words(rule),
        "reminder": reminder_words(entry.remind_minutes),
        "invitations": invitations,
        "mine": mine,
        "answers": [(answer.value, answer.label) for answer in ANSWERS],
        "customer": customers.first() if entry.customer_id else None,
        "may_change": is_own and user.has_perm("team.change_scheduleentry"),
        "may_delete": is_own and user.has_perm("team.delete_scheduleentry"),
        "parts": SeriesPart.choices,
        "may_check_in": (is_own or mine is not None)
        and _is_on(one, today)
        and user.has_perm("visits.add_visit"),
        "back": calendar_url(one),
    }
    return TemplateResponse(request, "team/schedule_entry.html", context)


def _is_on(one: Occurrence | None, day: dt.date) -> bool:
    if one is None:
        return False
    last = business_calendar.business_day(one.ends_at - dt.timedelta(microseconds=1))
    return business_calendar.business_day(one.starts_at) <= day <= last


@require_POST
@permission_required((VIEW, "team.delete_scheduleentry"), raise_exception=True)
def entry_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it out; of a series the part that was chosen."""
    entry = own_entry(request, pk)
    form = PartForm(request.POST)
    one = asked_occurrence(request, entry)
    try:
        if not form.is_valid() or (entry.rule and not form.cleaned_data["part"]):
            raise ValidationError(_("Say which part of the series goes."))
        services.delete_entry(
            actor=me(request),
            entry=entry,
            part=form.cleaned_data["part"] or SeriesPart.ALL,
            day=form.cleaned_data["on"],
        )
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect(entry.get_absolute_url())
    messages.success(request, _("%(title)s is taken out.") % {"title": entry.title})
    return redirect(calendar_url(one))


@require_POST
@permission_required((VIEW, "team.change_scheduleentry"), raise_exception=True)
def entry_move(request: HttpRequest, pk: int) -> JsonResponse:
    """Dragged to another day or hour: JSON with what undoes it; 422 with why not."""
    entry = own_entry(request, pk)
    form = MoveForm(request.POST)
    one = asked_occurrence(request, entry)
    if not form.is_valid() or one is None:
        return JsonResponse({"error": _("That is no place for it.")}, status=422)
    before, data = local(one.starts_at), form.cleaned_data
    begin = dt.datetime.combine(data["date"], data["time"] or before.time())
    try:
        services.move_entry(actor=me(request), entry=entry, starts_at=aware(begin), day=data["on"])
    except ValidationError as refusal:
        return JsonResponse({"error": " ".join(refusal.messages)}, status=422)
    when = fmt.day(data["date"]) if entry.is_all_day else fmt.moment(aware(begin))
    undo = {"date": before.date().isoformat(), "time": f"{before:%H:%M}"}
    if data["on"]:
        undo["on"] = data["on"].isoformat()
    return JsonResponse({"text": named(entry.title, when), "undo": undo})


@require_POST
@permission_required(VIEW, raise_exception=True)
def entry_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept, decline, or maybe."""
    entry = readable_entry(request, pk)
    try:
        row = services.answer_invitation(
            actor=me(request), entry=entry, answer=request.POST.get("answer", "")
        )
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect(entry.get_absolute_url())
    messages.success(
        request,
        _("%(name)s is told: %(answer)s.") % {"name": entry.owner, "answer": row.get_answer_display()},
    )
    declined = row.answer == InvitationAnswer.DECLINED
    return redirect(safe_next(request, reverse("team:schedule") if declined else entry.get_absolute_url()))


@require_POST
@permission_required((VIEW, "visits.add_visit"), raise_exception=True)
def entry_check_in(request: HttpRequest, pk: int) -> HttpResponse:
    """To the check-in at the customer, with a visit task of today."""
    entry = readable_entry(request, pk)
    try:
        customer = plan_visit(actor=me(request), entry=entry, day=day_of(request.POST.get("on")))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect(entry.get_absolute_url())
    return redirect("visits:check_in", customer_pk=customer.pk)
