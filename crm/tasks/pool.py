"""The public pool every night."""

from celery import shared_task

from crm.services import pool


@shared_task
def recycle_pool() -> None:
    pool.run_pool()
