"""One question to a map service over HTTP, politely: never faster than its rate, patient when it asks to wait."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from itertools import islice
from typing import Any

import requests
from django.conf import settings

from crm.rules.geocoding import Busy, Candidate, Closed, Provider, provider_of

TIMEOUT = (5, 10)  # seconds to connect, to read
TRIES = 4
LONGEST_WAIT = 8.0
_CHUNK, MOST_CHUNKS = 65_536, 16  # an answer of over a megabyte is none
AGENT = "Paodian field sales"


def provider_in_use() -> Provider | None:
    """The one of GEOCODER_URL; None when there is none. Raises BadGeocoder when it cannot be read."""
    return provider_of(settings.GEOCODER_URL)


class Asker:
    """Asks one provider, its requests at least 1/rate apart. `sleep` and `clock` are the time's, in seconds."""

    def __init__(
        self,
        provider: Provider,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.provider, self.sleep, self.clock = provider, sleep, clock
        self.session = requests.Session()
        self.session.headers["User-Agent"] = AGENT
        self.last: float | None = None

    def ask(self, text: str, city: str) -> list[Candidate]:
        """The places for an address. Raises AddressRefused, Busy (after a few tries) or Closed."""
        for attempt in range(1, TRIES + 1):
            self._wait(attempt)
            try:
                answer = self._get(self.provider.parameters(text, city))
                if not isinstance(answer, self.provider.shapes):
                    raise Busy(str(answer)[:100])
                return self.provider.read(answer)
            except Busy:
                if attempt == TRIES:
                    raise
        raise AssertionError("unreachable")

    def _wait(self, attempt: int) -> None:
        pause = min(LONGEST_WAIT, 4 ** (attempt - 1) / self.provider.rate)
        if self.last is not None and (left := self.last + pause - self.clock()) > 0:
            self.sleep(left)
        self.last = self.clock()

    def _get(self, parameters: dict[str, str]) -> Any:
        try:
            with self.session.get(
                self.provider.address, params=parameters, timeout=TIMEOUT, stream=True, allow_redirects=False
            ) as answer:
                body = b"".join(islice(answer.iter_content(_CHUNK), MOST_CHUNKS))
                status, words = answer.status_code, f"HTTP {answer.status_code} {answer.reason}"
        except requests.RequestException as error:
            # Its text holds the address with the key.
            raise Busy(type(error).__name__) from error
        if status == 429 or status >= 500:
            raise Busy(words)
        if status >= 300:
            raise Closed(words)
        try:
            return json.loads(body)
        except ValueError as error:
            raise Busy(f"{words}: no JSON") from error
