"""Carrying out the plan of one batch: a handful of statements, whatever its size. The caller holds the transaction."""

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import today as business_today
from crm.enums import LocationStatus, OwnerChangeReason
from crm.models import Contact, Customer, Dictionary, ImportJob, OwnerChange, Phone, Tag
from crm.rules.import_records import BESIDE, Records
from crm.rules.import_rows import CHOICE_FIELDS, ImportRow, References, fold_word
from crm.services import inserting
from crm.services.audit import log_changes, text
from crm.services.imports.plan import Plan
from crm.services.indexing import reindex
from crm.services.locations import location_status_for
from crm.services.numbers import next_codes
from crm.services.owners import Room, assign_owner, rooms_of, somebody_is_capped
from crm.signals import customers_imported

_BESIDE: dict[str, type[models.Model]] = {"phones": Phone, "contacts": Contact, "owner_changes": OwnerChange}
_FIELDS = {field.attname: field for field in Customer._meta.concrete_fields}
# The columns a line can fill; those it leaves empty get their defaults.
_TYPED: dict[str, Any] = {
    name: inserting.plain_default(_FIELDS[name])
    for name in (
        *("code", "name", "level", "credit_limit", "tax_id", "province", "city", "district", "address"),
        *("latitude", "longitude", "notes", *(f"{kind}_id" for kind in CHOICE_FIELDS)),
    )
}


def records_of(job: ImportJob, actor: User | None, owner_id: int | None) -> Records:
    """How the new customers of one run look. Reads the clock, so that one run is one moment."""
    now = timezone.now()
    return Records(
        defaults=_TYPED,
        placed=location_status_for(actor=actor, latitude=0.0).value,
        unplaced=LocationStatus.NONE.value,
        today=business_today(now),
        now=now,
        actor_id=actor.pk if actor else None,
        job_id=job.pk,
        owner_id=owner_id,
        reason=OwnerChangeReason.IMPORTED.value,
    )


def know_ahead(plan: Plan) -> None:
    """Find out for a plan what its writing need not wait for; only where keys can be reserved."""
    plan.keys = inserting.reserve(Customer, len(plan.created))
    plan.capped = somebody_is_capped(owners=receivers(plan))


class Writer:
    """Writes the batches of one job, whose new customers look as `records` say.

    One that was rolled back leaves keys behind that are none: then a new writer has to go on.
    """

    def __init__(
        self, *, job: ImportJob, actor: User | None, references: References, records: Records
    ) -> None:
        self.job = job
        self.actor = actor
        self.references = references
        self.records = records
        self.now = records.now
        self.today = records.today
        self._tags: dict[str, int] = {}  # those seen so far

    def write(self, plan: Plan) -> None:
        """Create and update the batch's customers with their phones, contacts, tags, owners and search columns.

        Lines whose owner may not have the customer become failed ones of the plan: a new customer is left out, one we
        have keeps its owner.
        """
        if plan.capped:
            self._refuse_full(plan)
        self._create_choices([*plan.created, *plan.updated.values()])
        tags = self._tag_ids([*plan.created, *plan.updated.values()])
        ids = self._create(plan, tags)
        if plan.updated:
            plan.refuse(self._update(plan.updated, tags))
        routes = {pk: row.route for pk, row in zip(ids, plan.created, strict=True) if row.route}
        routes |= {pk: row.route for pk, row in plan.updated.items() if row.route}
        if routes:
            customers_imported.send(sender=ImportJob, job=self.job, actor=self.actor, routes=routes)

    def _refuse_full(self, plan: Plan) -> None:
        """Leave out new customers of whoever has as many as he may have; the lines before them count."""
        # Those of the updates are locked here too: whoever receives comes before the customers, as in owners.
        plan.refuse(over_cap(plan, rooms_of(owners=receivers(plan))))

    # --- choices and tags
    def _create_choices(self, rows: list[ImportRow]) -> None:
        choices = self.references.choices
        rows = [row for row in rows if row.new_choices]
        wanted = {
            (kind, fold_word(name)): Dictionary(kind=kind, name=name)
            for row in rows
            for kind, name in row.choices.items()
            if f"{kind}_id" not in row.values
        }
        missing = [entry for key, entry in wanted.items() if key not in choices]
        if missing:
            # Somebody may have added one a moment ago.
            Dictionary.objects.bulk_create(missing, ignore_conflicts=True)
            kinds = {entry.kind for entry in missing}
            for pk, kind, name in Dictionary.objects.filter(kind__in=kinds).values_list("pk", "kind", "name"):
                choices[kind, fold_word(name)] = pk
        if wanted:
            for row in rows:
                for kind, name in row.choices.items():
                    row.values[f"{kind}_id"] = choices[kind, fold_word(name)]

    def _tag_ids(self, rows: list[ImportRow]) -> dict[str, int]:
        names = {tag for row in rows for tag in row.tags} - self._tags.keys()
        if names:
            Tag.objects.bulk_create([Tag(name=name) for name in sorted(names)], ignore_conflicts=True)
            self._tags.update(Tag.objects.filter(name__in=names).values_list("name", "pk"))
        return self._tags

    # --- new customers
    def _create(self, plan: Plan, tags: dict[str, int]) -> list[int]:
        self._number(plan.created)
        return self._copy(plan, tags) if inserting.takes_lines() else self._insert(plan.created, tags)

    def _copy(self, plan: Plan, tags: dict[str, int]) -> list[int]:
        records, rows = self.records, plan.created
        records.make([row for row in rows if row.made is None])
        ids = inserting.reserve(Customer, len(rows)) if plan.keys is None else plan.keys
        inserting.insert_lines(Customer, records.columns, [row.made[0] for row in rows], ids)
        numbered = list(zip(ids, rows, strict=True))
        for position, (table, columns) in enumerate(BESIDE.items(), 1):
            lines = [b"%d\t%b" % (pk, line) for pk, row in numbered for line in row.made[position]]
            inserting.insert_lines(_BESIDE[table], ["customer_id", *columns], lines)
        links = [b"%d\t%d" % (pk, tags[tag]) for pk, row in numbered for tag in row.tags]
        inserting.insert_lines(Customer.tags.through, ["customer_id", "tag_id"], links)
        return ids

    def _insert(self, rows: list[ImportRow], tags: dict[str, int]) -> list[int]:
        records = self.records
        ids = inserting.insert_numbered(Customer, records.columns, records.values(rows))
        numbered = list(zip(ids, rows, strict=True))
        brought = [(pk, records.beside(row)) for pk, row in numbered]
        for position, (table, columns) in enumerate(BESIDE.items()):
            values = [(pk, *value) for pk, found in brought for value in found[position]]
            inserting.insert(_BESIDE[table], ["customer_id", *columns], values)
        links = [(pk, tags[tag]) for pk, row in numbered for tag in row.tags]
        inserting.insert(Customer.tags.through, ["customer_id", "tag_id"], links)
        return ids

    def _number(self, rows: list[ImportRow]) -> None:
        """Give a code to those without one, stepping over codes that stand in this batch."""
        bare = [row for row in rows if row.made is None and not row.values.get("code")]
        if not bare:
            return
        taken = {row.values["code"] for row in rows if row.values.get("code")}
        while bare:
            codes = [code for code in next_codes(count=len(bare)) if code not in taken]
            for row, code in zip(bare, codes, strict=False):
                row.values["code"] = code
            bare = bare[len(codes) :]

    # --- customers we have
    def _update(self, rows: dict[int, ImportRow], tags: dict[str, int]) -> dict[int, str]:
        """Returns {id() of a row: why its customer keeps its owner}."""
        # Locked in the order of the key, so that two imports cannot wait for each other in a ring.
        customers = list(Customer.objects.filter(pk__in=rows).select_for_update(of=("self",)).order_by("pk"))
        had = {customer.pk: customer.owner_id for customer in customers}
        changes = {customer.pk: self._change(customer, rows[customer.pk]) for customer in customers}
        changed = [customer for customer in customers if changes[customer.pk]]
        self._save(changed, {name for fields in changes.values() for name in fields})
        phones, contacts = self._add_phones(rows), self._add_contacts(rows)
        links = [
            Customer.tags.through(customer_id=pk, tag_id=tags[t])
            for pk, row in rows.items()
            for t in row.tags
        ]
        Customer.tags.through._default_manager.bulk_create(links, ignore_conflicts=True, batch_size=500)
        log_changes(actor=self.actor, changes=[(customer, changes[customer.pk]) for customer in changed])
        refused = self._assign(rows, had)
        renamed = {customer.pk for customer in changed if "name" in changes[customer.pk]}
        reindex(customer_ids=sorted(renamed | phones | contacts))
        return refused

    def _change(self, customer: Customer, row: ImportRow) -> dict[str, list[str]]:
        """Set what the line says differently; an empty cell says nothing. {field: [old, new]} as text."""
        wanted = {name: value for name, value in row.values.items() if name != "code"}
        if row.extra:
            wanted["extra"] = {**customer.extra, **row.extra}
        changed: dict[str, list[str]] = {}
        for name, value in wanted.items():
            old = getattr(customer, name)
            if old != value:
                changed[name] = [text(old), text(value)]
                setattr(customer, name, value)
        if {"latitude", "longitude"} & set(changed) and customer.location_status != self.records.placed:
            changed["location_status"] = [customer.location_status, self.records.placed]
            customer.location_status = self.records.placed
        return changed

    def _save(self, customers: list[Customer], columns: set[str]) -> None:
        """One INSERT … ON CONFLICT a few hundred rows: an UPDATE with CASE for each column takes ten times as long."""
        if not customers:
            return
        names = {field.attname: field.name for field in Customer._meta.concrete_fields}
        for customer in customers:
            customer.pk = None
            customer.updated_at = self.now
        Customer.objects.bulk_create(
            customers,
            update_conflicts=True,
            unique_fields=["code"],
            update_fields=[*sorted(names[column] for column in columns), "updated_at"],
            batch_size=250,
        )

    def _add_phones(self, rows: dict[int, ImportRow]) -> set[int]:
        """Append numbers the customers do not have; returns who got one."""
        with_phones = {pk: row for pk, row in rows.items() if row.phones}
        present: dict[int, list[tuple[str, str]]] = {}
        for pk, raw, e164 in Phone.objects.filter(customer__in=with_phones).values_list(
            "customer_id", "raw", "e164"
        ):
            present.setdefault(pk, []).append((raw, e164))
        new: list[Phone] = []
        for pk, row in with_phones.items():
            have = present.get(pk, [])
            known = {value for pair in have for value in pair if value}
            fresh = [pair for pair in row.phones if pair[0] not in known and pair[1] not in known]
            new += [
                Phone(customer_id=pk, raw=raw, e164=e164, position=position)
                for position, (raw, e164) in enumerate(fresh, len(have))
            ]
        Phone.objects.bulk_create(new, batch_size=500)
        return {phone.customer_id for phone in new}

    def _add_contacts(self, rows: dict[int, ImportRow]) -> set[int]:
        named = {pk: row.contact for pk, row in rows.items() if row.contact}
        present: dict[int, set[str]] = {}
        for pk, name in Contact.objects.filter(customer__in=named).values_list("customer_id", "name"):
            present.setdefault(pk, set()).add(name)
        new = [
            Contact(customer_id=pk, name=name, is_primary=pk not in present)
            for pk, name in named.items()
            if name not in present.get(pk, ())
        ]
        Contact.objects.bulk_create(new, batch_size=500)
        return {contact.customer_id for contact in new}

    def _assign(self, rows: dict[int, ImportRow], had: dict[int, int | None]) -> dict[int, str]:
        by_owner: dict[int, list[int]] = {}
        for pk, row in rows.items():
            if row.owner_id and had.get(pk) != row.owner_id:
                by_owner.setdefault(row.owner_id, []).append(pk)
        refused: dict[int, str] = {}
        owners = User.objects.in_bulk(by_owner)
        for owner_id, customers in sorted(by_owner.items()):
            outcome = assign_owner(
                actor=self.actor,
                customers=customers,
                owner=owners[owner_id],
                reason=OwnerChangeReason.IMPORTED,
                today=self.today,
            )
            refused |= {id(rows[pk]): kept_owner(reason) for pk, reason in outcome.refused.items()}
        return refused


def receivers(plan: Plan) -> set[int]:
    """Whoever may get a customer by this batch."""
    rows = [*plan.created, *plan.updated.values()]
    return {row.owner_id for row in rows if row.owner_id}


def over_cap(plan: Plan, rooms: dict[int, Room]) -> dict[int, str]:
    """{id() of a new row: why its owner has no room for it}; counts the rooms down by the others."""
    refused = {}
    for row in plan.created if rooms else ():
        room = rooms.get(row.owner_id or 0)
        if room is not None and not room.caps.takes(dealt=False):
            refused[id(row)] = room.refusal
    return refused


def kept_owner(reason: str) -> str:
    return _("Updated, but the owner stays: %(reason)s") % {"reason": reason}
