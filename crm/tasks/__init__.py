"""Nudges for jobs: the database row says what is to do, a message only says look now.

Celery looks for tasks in this module, so every family is imported here.
"""

from crm.tasks import bulk, cells, geocoding, imports, leads, pool, reminders

__all__ = ["bulk", "cells", "geocoding", "imports", "leads", "pool", "reminders"]
