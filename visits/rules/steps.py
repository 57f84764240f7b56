"""What a visit consists of (D6): which type holds for a rep, which steps are done, which are still missing. No ORM."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from visits.enums import StepKind
from visits.rules.visits import Refusal

# What a rep must be allowed to do for a step to be shown to him; steps that only write about the visit need no more
# than the visit itself.
PERMISSIONS: dict[str, str] = {
    StepKind.ORDER: "sales.add_salesorder",
    StepKind.VAN_SALE: "sales.sell_from_van",
    StepKind.RETURN: "sales.add_salesreturn",
    StepKind.RECEIPT: "sales.add_receipt",
    StepKind.COMPETITOR: "crm.add_competitorsighting",
}


@dataclass(frozen=True, slots=True)
class TypeFacts:
    """A visit type as the choice needs it; empty sets hold for nobody in particular."""

    pk: int
    is_default: bool
    role_ids: frozenset[int]
    department_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class StepState:
    """One step of a visit: how often it was done, and whether it has to be."""

    kind: str
    label: str
    is_required: bool
    done: int
    form_id: int | None = None

    @property
    def is_missing(self) -> bool:
        return self.is_required and not self.done


def choose_type(
    types: Sequence[TypeFacts],
    *,
    wanted: int | None,
    role_id: int | None,
    department_ids: Collection[int],
) -> int | None:
    """The visit type of a rep: the task's, else the first that names his role and department, else his department,
    else his role, else the default one; None where there is none.

    `types` are those in use, in their order; `department_ids` the rep's department and all above it.
    """
    by_pk = {visit_type.pk: visit_type for visit_type in types}
    if wanted is not None and wanted in by_pk:
        return wanted

    def weight(visit_type: TypeFacts) -> int:
        by_role, by_department = bool(visit_type.role_ids), bool(visit_type.department_ids)
        if by_role and role_id not in visit_type.role_ids:
            return 0
        if by_department and not visit_type.department_ids & set(department_ids):
            return 0
        return by_role + 2 * by_department

    named = max(types, key=weight, default=None)
    if named is not None and weight(named):
        return named.pk
    return next((visit_type.pk for visit_type in types if visit_type.is_default), None)


def missing(steps: Iterable[StepState]) -> list[StepState]:
    """Required steps that nobody has done yet."""
    return [step for step in steps if step.is_missing]


def steps_refusal(steps: Iterable[StepState]) -> Refusal | None:
    """Why the visit may not end yet: names what is missing."""
    names = [step.label for step in missing(steps)]
    if not names:
        return None
    return Refusal("steps", _("Still to do before you check out: %(steps)s.") % {"steps": "、".join(names)})
