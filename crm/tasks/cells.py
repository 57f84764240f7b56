"""The cells of places (common.geo.cells)."""

import logging

from celery import shared_task

from crm.models import Customer, Lead

log = logging.getLogger(__name__)


@shared_task
def mend_cells() -> int:
    """Customers and leads whose cell is not that of their place; the doors leave none, a hand in the database may."""
    mended = sum(model.objects.mend_cells() for model in (Customer, Lead))
    if mended:
        log.warning("cells mended: %s", mended)
    return mended
