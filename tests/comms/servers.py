"""A gateway of our own on 127.0.0.1: answers as told and remembers what it was asked."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace


@contextmanager
def gateway():
    """`.url`, `.status` (what it answers), `.asked` [(path, headers, body)], `.drop` (take it and answer nothing)."""
    found = SimpleNamespace(status=200, asked=[], drop=False)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            found.asked.append((self.path, dict(self.headers), body))
            if found.drop:
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(found.status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
