"""What figures are divided by and narrowed to: people, places, kinds of customers, products and time.

A dimension finds its column through the fact's relations, so that every fact with a customer can be divided by the
customer's region. A key is what stands in an address: an id, a word, the first day of a month; "none" is nobody's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Model, Q
from django.db.models.functions import (
    ExtractHour,
    ExtractIsoWeekDay,
    TruncDay,
    TruncMonth,
    TruncQuarter,
    TruncWeek,
)
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from accounts.queries import branch_ids, department_tree
from common.templatetags import paodian as fmt
from crm.enums import DictionaryKind, Level
from crm.models import Customer, Dictionary
from reports.queries.measures import Fact
from reports.rules.tables import Label
from sales.models import Product, ProductCategory
from sales.queries.actuals import categories_under

NONE = "none"
_NOT_GIVEN = _("Not given")
SELF = "self"  # a fact of customers is its own customer
Choices = list[tuple[str, str]]


@dataclass(frozen=True)
class Dimension:
    """`via` names the fact's relation ("rep", "customer", "product", "day", or "" for a path of the fact's own).

    `large` ones have thousands of groups: only the first by the sorted measure are read.
    """

    code: str
    label: Label
    via: str = ""
    field: str = ""
    none: Label = _NOT_GIVEN
    large: bool = False
    is_time: bool = False

    def path(self, fact: Fact) -> Any:
        """Column or expression that the fact is grouped by; None when it cannot be."""
        if self.code in fact.paths:
            path = fact.paths[self.code]
            return F(path) if isinstance(path, str) else path
        relation = getattr(fact, self.via, "") if self.via else ""
        if relation == SELF:
            return F(self.field)
        return F(f"{relation}__{self.field}") if relation else None

    def key(self, value: Any) -> str:
        return NONE if value in (None, "") else str(value)

    def parse(self, key: str) -> Any:
        """The database's value of a key; ValueError when it is none."""
        return key

    def condition(self, fact: Fact, key: str) -> Q:
        """Rows of just this group. ValueError when the fact has no such dimension or the key is none."""
        path = self.path(fact)
        if path is None:
            raise ValueError(f"{fact.code} is not divided by {self.code}")
        name = column(path)
        if key == NONE:
            return Q(**{f"{name}__isnull": True}) | self._empty(name)
        return Q(**{name: self.parse(key)})

    def _empty(self, path: str) -> Q:
        return Q()

    def filter_by(self, fact: Fact, key: str) -> Q:
        """The same for a filter, which may mean more than the group: a department and those under it."""
        return self.condition(fact, key)

    def names(self, keys: Iterable[str]) -> dict[str, str]:
        """Texts of keys; at most one statement."""
        return {key: key for key in keys}

    def label_of(self, key: str, names: dict[str, str]) -> str:
        return str(self.none) if key == NONE else names.get(key) or _t("Deleted")

    def choices(self, user: User) -> Choices:
        """What a filter offers, [] for a dimension that is no filter."""
        return []


def column(path: Any) -> str:
    """The name of a plain column; ValueError for an expression, which needs a condition of its own."""
    if not isinstance(path, F):
        raise ValueError(f"{path} is no column")
    return str(path.name)  # type: ignore[attr-defined]  # the stubs leave it out


def _number(key: str) -> int:
    if not key.isdecimal() or len(key) > 18:
        raise ValueError(key)
    return int(key)


@dataclass(frozen=True)
class ModelDimension(Dimension):
    """A row of another table, by its name."""

    model: type[Model] = Customer
    name: str = "name"

    def parse(self, key: str) -> int:
        return _number(key)

    def names(self, keys: Iterable[str]) -> dict[str, str]:
        ids = [int(key) for key in keys if key.isdecimal()]
        rows = self.model._default_manager.filter(pk__in=ids).values_list("pk", self.name)
        return {str(pk): name for pk, name in rows}


@dataclass(frozen=True)
class RepDimension(ModelDimension):
    model: type[Model] = User

    def choices(self, user: User) -> Choices:
        rows = (
            User.objects.visible_to(user)
            .active()
            .filter(Q(role__code__in=("rep", "manager")) | Q(pk=user.pk))
        )
        return [(str(pk), name) for pk, name in rows.order_by("name", "pk").values_list("pk", "name")]


@dataclass(frozen=True)
class DepartmentDimension(ModelDimension):
    """Grouped by the person's own department, filtered by a department and all under it."""

    def names(self, keys: Iterable[str]) -> dict[str, str]:
        return {str(node.pk): node.name for node in department_tree()}

    def filter_by(self, fact: Fact, key: str) -> Q:
        path = self.path(fact)
        if path is None:
            raise ValueError(f"{fact.code} is not divided by departments")
        if key == NONE:
            return self.condition(fact, key)
        return Q(**{f"{column(path)}__in": branch_ids(department_tree(), _number(key))})

    def choices(self, user: User) -> Choices:
        return [(str(node.pk), "\u3000" * node.depth + node.name) for node in department_tree()]


@dataclass(frozen=True)
class DictionaryDimension(ModelDimension):
    """A choice of one of the dictionaries (A7)."""

    model: type[Model] = Dictionary
    kind: str = ""


@dataclass(frozen=True)
class ChoiceDimension(Dimension):
    """One of a few words; `words` are (value, label)."""

    words: tuple[tuple[str, Label], ...] = ()

    def names(self, keys: Iterable[str]) -> dict[str, str]:
        return {value: str(label) for value, label in self.words}

    def parse(self, key: str) -> str:
        if key not in dict(self.words):
            raise ValueError(key)
        return key

    def _empty(self, path: str) -> Q:
        return Q(**{path: ""})

    def choices(self, user: User) -> Choices:
        return [(value, str(label)) for value, label in self.words]


@dataclass(frozen=True)
class TextDimension(Dimension):
    """A text as it was typed: a city, a brand."""

    def _empty(self, path: str) -> Q:
        return Q(**{path: ""})


@dataclass(frozen=True)
class CategoryDimension(ModelDimension):
    """Grouped by a product's own category, filtered by a category and all under it."""

    model: type[Model] = ProductCategory

    def filter_by(self, fact: Fact, key: str) -> Q:
        path = self.path(fact)
        if path is None or key == NONE:
            return self.condition(fact, key)
        return Q(**{f"{column(path)}__in": categories_under(_number(key))})

    def choices(self, user: User) -> Choices:
        rows = ProductCategory.objects.order_by("position", "pk").values_list("pk", "name")
        return [(str(pk), name) for pk, name in rows]


_STEPS = {"day": TruncDay, "week": TruncWeek, "month": TruncMonth, "quarter": TruncQuarter}


@dataclass(frozen=True)
class TimeDimension(Dimension):
    """Days, weeks, months or quarters by their first day."""

    via: str = "day"
    is_time: bool = True

    def path(self, fact: Fact) -> Any:
        return _STEPS[self.code](fact.day) if fact.day else None

    def key(self, value: Any) -> str:
        if value is None:
            return NONE
        if isinstance(value, str):  # what SQLite gives to a statement of our own
            return value[:10]
        return (value.date() if isinstance(value, dt.datetime) else value).isoformat()

    def parse(self, key: str) -> dt.date:
        return dt.date.fromisoformat(key)

    def condition(self, fact: Fact, key: str) -> Q:
        from reports.queries.asked import in_days

        if not fact.day:
            raise ValueError(f"{fact.code} has no days")
        first = self.parse(key)
        return Q(**in_days(fact, first, self.last_day(first)))

    def last_day(self, first: dt.date) -> dt.date:
        return next_step(self.code, first) - dt.timedelta(days=1)

    def names(self, keys: Iterable[str]) -> dict[str, str]:
        return {key: self._name(dt.date.fromisoformat(key)) for key in keys if key != NONE}

    def _name(self, first: dt.date) -> str:
        if self.code == "day":
            return str(fmt.day(first))
        if self.code == "month":
            return f"{first:%Y-%m}"
        if self.code == "quarter":
            return f"{first.year} Q{(first.month + 2) // 3}"
        return f"{first:%m-%d} – {self.last_day(first):%m-%d}"

    def steps(self, first: dt.date, last: dt.date) -> list[str]:
        """Keys of all steps that touch first…last, so that a line has no holes."""
        step = {
            "day": first,
            "week": first - dt.timedelta(days=first.weekday()),
            "month": first.replace(day=1),
            "quarter": first.replace(month=(first.month - 1) // 3 * 3 + 1, day=1),
        }[self.code]
        keys = []
        while step <= last:
            keys.append(step.isoformat())
            step = next_step(self.code, step)
        return keys


def next_step(code: str, first: dt.date) -> dt.date:
    """First day of the following day, week, month or quarter."""
    if code in ("day", "week"):
        return first + dt.timedelta(days=1 if code == "day" else 7)
    months = first.month - 1 + (1 if code == "month" else 3)
    return first.replace(year=first.year + months // 12, month=months % 12 + 1, day=1)


@dataclass(frozen=True)
class WeekdayDimension(Dimension):
    """Monday (1) to Sunday (7) of the fact's day."""

    via: str = "day"

    def path(self, fact: Fact) -> Any:
        return ExtractIsoWeekDay(fact.day) if fact.day else None

    def condition(self, fact: Fact, key: str) -> Q:
        if not fact.day or key not in "1234567":
            raise ValueError(key)
        return Q(**{f"{fact.day}__iso_week_day": int(key)})

    def names(self, keys: Iterable[str]) -> dict[str, str]:
        return {key: str(fmt.weekday(int(key))) for key in keys if key != NONE}


@dataclass(frozen=True)
class HourDimension(Dimension):
    """Hour of the local day of a moment; the fact names the moment in its paths."""

    def path(self, fact: Fact) -> Any:
        moment = fact.paths.get(self.code)
        return ExtractHour(moment) if moment else None

    def condition(self, fact: Fact, key: str) -> Q:
        moment = fact.paths.get(self.code)
        if not moment or _number(key) > 23:
            raise ValueError(key)
        return Q(**{f"{moment}__hour": int(key)})

    def names(self, keys: Iterable[str]) -> dict[str, str]:
        return {key: f"{int(key):02d}:00" for key in keys if key != NONE}


def _dictionary(kind: DictionaryKind, *, field: str = "", via: str = "customer") -> DictionaryDimension:
    return DictionaryDimension(kind.value, kind.label, via, field or f"{kind.value}_id", kind=kind.value)


ALL = (
    RepDimension("rep", _("Rep"), "rep", "pk", none=_("Nobody")),
    DepartmentDimension("department", _("Department"), "rep", "department_id", none=_("No department")),
    ModelDimension("customer", _("Customer"), "customer", "pk", large=True, model=Customer),
    ChoiceDimension("level", _("Level"), "customer", "level", words=tuple(Level.choices)),
    *(
        _dictionary(kind)
        for kind in (
            DictionaryKind.CHANNEL,
            DictionaryKind.REGION,
            DictionaryKind.INDUSTRY,
            DictionaryKind.TYPE,
            DictionaryKind.SOURCE,
            DictionaryKind.SCALE,
            DictionaryKind.MATURITY,
        )
    ),
    TextDimension("city", _("City"), "customer", "city"),
    TextDimension("district", pgettext_lazy("place", "District"), "customer", "district"),
    ModelDimension("product", _("Product"), "product", "pk", large=True, model=Product),
    CategoryDimension("category", _("Category"), "product", "category_id", none=_("No category")),
    TextDimension("brand", _("Brand"), "product", "brand"),
    TimeDimension("day", _("Day")),
    TimeDimension("week", pgettext_lazy("period", "Week")),
    TimeDimension("month", _("Month")),
    TimeDimension("quarter", _("Quarter")),
    WeekdayDimension("weekday", _("Weekday")),
    HourDimension("hour", _("Hour")),
)
DIMENSIONS: dict[str, Dimension] = {dimension.code: dimension for dimension in ALL}


def choices_of(user: User, codes: Iterable[str]) -> dict[str, Choices]:
    """What filters offer; all dictionaries are read in one statement."""
    wanted = [DIMENSIONS[code] for code in codes]
    kinds = [dimension.kind for dimension in wanted if isinstance(dimension, DictionaryDimension)]
    entries: dict[str, Choices] = {kind: [] for kind in kinds}
    if kinds:
        rows = Dictionary.objects.filter(kind__in=kinds, is_active=True).order_by("position", "pk")
        for pk, kind, name in rows.values_list("pk", "kind", "name"):
            entries[kind].append((str(pk), name))
    return {
        dimension.code: entries[dimension.kind]
        if isinstance(dimension, DictionaryDimension)
        else dimension.choices(user)
        for dimension in wanted
    }


def register_dimension(dimension: Dimension) -> None:
    """A dimension of a family's own, e.g. follow-up methods; ValueError for a code that is taken."""
    if dimension.code in DIMENSIONS:
        raise ValueError(f"{dimension.code} is registered twice")
    DIMENSIONS[dimension.code] = dimension
