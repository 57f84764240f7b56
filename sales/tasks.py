"""Nudges for jobs: the database row says what is to do, a message only says look now."""

from celery import shared_task

from sales.services import agreements, collection, order_imports, stock_check


@shared_task
def check_order_import(job_id: int) -> None:
    order_imports.check_job(job_id)


@shared_task
def run_order_import(job_id: int) -> None:
    order_imports.run_job(job_id)


@shared_task
def sweep_order_imports() -> None:
    """Imports whose message was lost or whose worker died."""
    swept = order_imports.sweep()
    for job_id in swept.check:
        check_order_import.delay(job_id)
    for job_id in swept.run:
        run_order_import.delay(job_id)


@shared_task
def remind_of_agreement_ends() -> int:
    """Owners and superiors of agreements that end soon; once for each agreement."""
    return agreements.remind_of_ends()


@shared_task
def check_stock() -> int:
    """Every night; returns how many balances are not the sum of their moves."""
    return len(stock_check.check_stock())


@shared_task
def remind_of_promises() -> int:
    """Every morning: who noted a customer's promise to pay is reminded on the promised day, once."""
    return collection.remind_promises()
