"""One action on many customers: the rows are the job, a message is only a nudge (B8)."""

from crm.services.bulk.jobs import resume, run_job, start, sweep, undo

__all__ = ["resume", "run_job", "start", "sweep", "undo"]
