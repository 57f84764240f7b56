"""A map service on this machine: answers over HTTP what a test tells it to, and writes down what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, Any]  # status, and what is sent as JSON (a str as it is)


class GeocoderServer:
    """`reply(query)` gives the answer to one request's query, {name: value}."""

    def __init__(self, reply: Callable[[dict[str, str]], Answer]) -> None:
        self.reply, self.asked = reply, list[dict[str, str]]()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
                outer.asked.append({**query, "agent": self.headers.get("User-Agent", "")})
                status, body = outer.reply(query)
                text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
                data = text.encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/geo"

    def __enter__(self) -> Self:
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.server.shutdown()
        self.server.server_close()
