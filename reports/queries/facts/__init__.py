"""Facts and measures, one family of records a file; whatever lies in this folder is registered."""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
