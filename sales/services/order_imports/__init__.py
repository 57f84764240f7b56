"""An order history from an old system: upload, dry run, run, undo (interfaces.md, `import_orders`)."""

from sales.services.order_imports.jobs import (
    cancel,
    check_job,
    prepare,
    resume,
    run_job,
    start,
    sweep,
    upload,
)
from sales.services.order_imports.undo import undo

__all__ = ["cancel", "check_job", "prepare", "resume", "run_job", "start", "sweep", "undo", "upload"]
