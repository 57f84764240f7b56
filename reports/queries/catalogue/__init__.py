"""The reports, one class a file; whatever lies in this folder is in the register."""

from importlib import import_module
from pkgutil import iter_modules

import reports.queries.facts  # noqa: F401 - what the reports name

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
