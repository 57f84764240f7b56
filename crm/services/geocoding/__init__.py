"""Looking addresses up at a map service: the rows are the job, no transaction waits for an answer (F1)."""

from crm.services.geocoding.asking import provider_in_use
from crm.services.geocoding.jobs import resume, run_slice, start, sweep, undo, waiting_job

__all__ = [
    "provider_in_use",
    "resume",
    "run_slice",
    "start",
    "sweep",
    "undo",
    "waiting_job",
]
