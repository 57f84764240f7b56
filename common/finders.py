"""Serve chosen files of npm packages under /static/vendor/ without copying or committing them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage, Storage

# static name → path below node_modules. A page may use only what stands here.
VENDOR_FILES = {
    "vendor/tabler/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    # The style sheets and scripts name their source maps, and collectstatic insists that what is named exists.
    "vendor/tabler/tabler.min.css.map": "@tabler/core/dist/css/tabler.min.css.map",
    "vendor/tabler/tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "vendor/tabler/tabler.min.js.map": "@tabler/core/dist/js/tabler.min.js.map",
    "vendor/markercluster/markercluster.js": "leaflet.markercluster/dist/leaflet.markercluster.js",
    "vendor/markercluster/leaflet.markercluster.js.map": "leaflet.markercluster/dist/leaflet.markercluster.js.map",
    "vendor/markercluster/MarkerCluster.css": "leaflet.markercluster/dist/MarkerCluster.css",
    "vendor/echarts/echarts.min.js": ".bundles/echarts.min.js",
    "vendor/idb/idb.js": "idb/build/umd.js",
    "vendor/sortable/sortable.min.js": "sortablejs/Sortable.min.js",
}


class NodeModulesStorage(FileSystemStorage):
    """Read-only view of node_modules under the names of VENDOR_FILES."""

    prefix = ""

    def path(self, name: str) -> str:
        return str(Path(self.location) / VENDOR_FILES[name])


class NodeModulesFinder(BaseFinder):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.root = Path(settings.BASE_DIR) / "node_modules"
        self.storage = NodeModulesStorage(location=str(self.root))
        super().__init__(*args, **kwargs)

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        missing = [path for path in VENDOR_FILES.values() if not (self.root / path).exists()]
        if not missing:
            return []
        return [
            Error(
                "Front-end packages are missing: " + ", ".join(missing),
                hint="Run script/setup.",
                id="common.E001",
            )
        ]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        # "all" is the name this argument had before Django 5.2.
        target = VENDOR_FILES.get(path.replace("\\", "/"))
        found = str(self.root / target) if target and (self.root / target).exists() else None
        if find_all or kwargs.get("all"):
            return [found] if found else []
        return found or []

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, Storage]]:
        for name, target in VENDOR_FILES.items():
            if (self.root / target).exists():
                yield name, self.storage
