"""Which visit type holds for a rep, and how far a visit has come."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from accounts.models import Department, User
from crm.models import CompetitorSighting
from sales.queries.stock import van_of
from visits.enums import PhotoKind, StepKind
from visits.models import (
    DisplayReport,
    FormAnswer,
    SellOut,
    ShelfCount,
    Visit,
    VisitOrder,
    VisitPhoto,
    VisitSlip,
    VisitStep,
    VisitTask,
    VisitType,
)
from visits.rules.steps import PERMISSIONS, StepState, TypeFacts, choose_type


def type_for(*, rep: User, task: VisitTask | None) -> int | None:
    """Id of the visit type that holds for a visit of `rep` (visits.rules.steps.choose_type); three statements."""
    types = [
        TypeFacts(
            row.pk,
            row.is_default,
            frozenset(role.pk for role in row.roles.all()),
            frozenset(department.pk for department in row.departments.all()),
        )
        for row in VisitType.objects.filter(is_active=True).prefetch_related("roles", "departments")
    ]
    return choose_type(
        types,
        wanted=task.visit_type_id if task else None,
        role_id=rep.role_id,
        department_ids=branch_up(rep.department_id) if any(t.department_ids for t in types) else (),
    )


def branch_up(department_id: int | None) -> list[int]:
    """The department and all above it."""
    if department_id is None:
        return []
    department = Department.objects.get(pk=department_id)
    return [row.pk for row in department.ancestors(include_self=True)]


# --- how far
def _count(rows: QuerySet[Any], key: str = "visit_id") -> Coalesce:
    counted = rows.filter(**{key: OuterRef("pk")}).order_by().values(key).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), Value(0))


def done_counts(visit: Visit) -> dict[str, int]:
    """How often each step of the visit was done, by its kind, and filled-in forms as "form:<id>"; two statements."""
    sightings = CompetitorSighting.objects.filter(
        rep_id=OuterRef("rep_id"),
        customer_id=OuterRef("customer_id"),
        created_at__gte=OuterRef("check_in_at"),
    )
    if visit.check_out_at is not None:
        sightings = sightings.filter(created_at__lte=OuterRef("check_out_received_at"))
    seen = sightings.order_by().values("rep_id").annotate(n=Count("pk")).values("n")
    slips = VisitSlip.objects.all()
    row = (
        Visit.objects.filter(pk=visit.pk)
        .annotate(
            n_order=_count(VisitOrder.objects.exclude(order__status="cancelled")),
            n_van_sale=_count(slips.filter(delivery__status="posted")),
            n_return=_count(slips.filter(sales_return__status="posted")),
            n_receipt=_count(slips.filter(receipt__status="posted")),
            n_stock_count=_count(ShelfCount.objects.all()),
            n_sell_out=_count(SellOut.objects.all()),
            n_display=_count(DisplayReport.objects.all()),
            n_photo=_count(VisitPhoto.objects.exclude(kind=PhotoKind.CHECK_IN)),
            n_competitor=Coalesce(Subquery(seen, output_field=IntegerField()), Value(0)),
        )
        .values_list(
            *(f"n_{kind}" for kind in _COUNTED),
            "maturity_id",
            "summary",
        )
        .get()
    )
    found = dict(zip(_COUNTED, row, strict=False))
    found[StepKind.MATURITY] = int(row[-2] is not None)
    found[StepKind.SUMMARY] = int(bool(row[-1]))
    forms = FormAnswer.objects.filter(visit=visit).order_by().values_list("form_id").annotate(Count("pk"))
    found.update({f"form:{form}": n for form, n in forms})
    return found


_COUNTED = (
    StepKind.ORDER,
    StepKind.VAN_SALE,
    StepKind.RETURN,
    StepKind.RECEIPT,
    StepKind.STOCK_COUNT,
    StepKind.SELL_OUT,
    StepKind.DISPLAY,
    StepKind.PHOTO,
    StepKind.COMPETITOR,
)


def step_states(*, visit: Visit, user: User) -> list[StepState]:
    """The steps of the visit's type that `user` may do, in order, with how often each is done.

    What he has no permission for, or no van for, is no step of his and is never missing.
    """
    wanted = Q(visit_type_id=visit.visit_type_id)
    if visit.visit_type_id is None:  # from before there were types
        wanted = Q(visit_type__is_default=True)
    steps = [
        step
        for step in VisitStep.objects.filter(wanted).select_related("form").order_by("position", "pk")
        if _may(user, step.kind)
    ]
    done = done_counts(visit) if steps else {}
    return [
        StepState(
            kind=step.kind,
            label=str(step),
            is_required=step.is_required,
            done=done.get(f"form:{step.form_id}" if step.form_id else step.kind, 0),
            form_id=step.form_id,
        )
        for step in steps
    ]


def _may(user: User, kind: str) -> bool:
    permission = PERMISSIONS.get(kind)
    if permission is not None and not user.has_perm(permission):
        return False
    return kind != StepKind.VAN_SALE or van_of(user) is not None
