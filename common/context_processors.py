from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """What every page needs: the map provider for the page's data attributes and the language switch."""
    return {
        "MAP_TILES": settings.MAP_TILES,
        "TIANDITU_KEY": settings.TIANDITU_KEY,
        "LANGUAGES": settings.LANGUAGES,
    }
