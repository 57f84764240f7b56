"""What the imports of customers and leads share: a row of the file is a record, and the dry run shows rows in tabs."""

from collections.abc import Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from common.import_wizard import ImportWizard
from crm.enums import ImportState
from crm.queries.duplicates import limits
from crm.rules.bulk import undo_ends
from crm.rules.import_columns import FIELD_BY_NAME

_NAMES_TOLD = 10


class RowWizard(ImportWizard):
    """Subclass as ImportWizard; `services` says `may_undo_import`, too. `row_columns`: (key in the preview, label) of rows shown."""

    fields: Sequence[Any]  # of the rules: name, label, required
    row_columns: Sequence[tuple[str, str | Promise]]
    tab_labels = {
        "created": _("New"),
        "updated": _("Update"),
        "skipped": _("Duplicate"),
        "failed": _("Failed"),
        "warnings": _("Remarks"),
    }

    def field_choices(self) -> Sequence[tuple[str, str | Promise]]:
        return [(field.name, f"{field.label}{' *' if field.required else ''}") for field in self.fields]

    def options(self, job: Any) -> dict[str, Any]:
        """The dry run of a file with unknown choices leads back here, to have them created."""
        return {"create_choices": True} if self.request.GET.get("create_choices") else {}

    def progress_of(self, job: Any) -> dict[str, Any]:
        checking = job.state == ImportState.PREVIEWING
        done = job.preview.get("checked", 0) if checking else job.rows_done
        if job.state == ImportState.QUEUED:
            text = _t("Waiting for a worker")
        else:
            text = _t("%(done)s of %(rows)s rows") % {"done": f"{done:,}", "rows": f"{job.rows:,}"}
        begun = not checking and job.rows_done
        counts = [(label, getattr(job, name)) for name, label in self.counted[1:]] if begun else []
        return {"done": done, "total": job.rows, "text": text, "counts": counts}

    def preview_context(self, job: Any) -> dict[str, Any]:
        counts = job.preview["counts"]
        tabs = [
            {"name": name, "label": label, **self._shown(job, name, counts[name])}
            for name, label in self.tab_labels.items()
            if name in counts
        ]
        return {
            "tabs": tabs,
            "open": next((tab["name"] for tab in tabs if tab["count"]), "created"),
            "choices": choices_told(job.preview),
            "goes_in": counts["created"] + counts.get("updated", 0),
        }

    def result_context(self, job: Any) -> dict[str, Any]:
        return {
            "may_undo": self.services.may_undo_import(job),
            "undo_ends": undo_ends(job.finished_at) if job.finished_at else None,
            "failed": self._shown(job, "failed", job.failed),
            "skipped": self._shown(job, "skipped", job.skipped),
        }

    def _shown(self, job: Any, name: str, count: int) -> dict[str, Any]:
        """The rows of one tab that the dry run has kept, as crm/import_rows.html draws them."""
        rows = [
            {**row, "cells": [(label, row.get(key)) for key, label in self.row_columns]}
            for row in job.preview.get("shown", {}).get(name, [])
        ]
        heads = [label for _key, label in self.row_columns]
        return {
            "count": count,
            "rows": rows,
            "heads": heads,
            "has_reasons": name not in ("created", "updated"),
        }


def choices_told(preview: dict[str, Any]) -> list[dict[str, Any]]:
    """What stands in no list yet, by kind: new choices, then those that stop rows from going in (`rows`)."""
    found = [(kind, names, 0) for kind, names in preview["new_choices"].items()]
    found += [(kind, one["names"], one["rows"]) for kind, one in preview.get("unknown_choices", {}).items()]
    return [
        {
            "label": FIELD_BY_NAME[kind].label,
            "names": names[:_NAMES_TOLD],
            "more": len(names) - _NAMES_TOLD,
            "rows": rows,
        }
        for kind, names, rows in found
    ]


def compared(*, with_code: bool) -> dict[str, Any]:
    """What the duplicate check compares, and with what, in words."""
    within = limits()
    chosen = [
        (with_code, _t("code")),
        (within.fields.phone, _t("phone")),
        (within.fields.tax_id, _t("tax id")),
        (within.fields.name, _t("name")),
    ]
    if within.customers and within.leads:
        libraries = _t("customers and leads")
    else:
        libraries = _t("customers") if within.customers else _t("leads")
    return {
        "fields": [label for on, label in chosen if on],
        "libraries": libraries,
        "name": within.fields.name,
        "fuzzy": within.fields.fuzzy,
        "leads": within.leads,
        "recycle_bin": within.leads and within.recycle_bin,
    }
