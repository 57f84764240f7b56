"""A handful of processes that live and die together, on Linux and macOS."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHON = str(ROOT / ".venv" / "bin" / "python")
GRACE_SECONDS = 10


class Stopped(Exception):
    """Somebody asked us to stop (Ctrl-C, TERM or the terminal's end)."""


def _die_with_parent() -> None:
    # Linux: even when this script is killed with -9, nothing stays behind. Other systems lack the call.
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Group:
    """Starts processes in sessions of their own, so that Ctrl-C reaches us only and we stop them in order."""

    def __init__(self) -> None:
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._stopping = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._stopping:
            self._signal_all(signal.SIGKILL)
        else:
            self._stopping = True
            raise Stopped(signal.Signals(number).name)

    def start(
        self, name: str, *command: str, env: dict[str, str] | None = None, log: Path | None = None
    ) -> subprocess.Popen[bytes]:
        """Start one process in the project's folder; what it says goes to `log`, or to our own output."""
        output = log.open("ab") if log else None
        self.processes[name] = process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
        if output:
            output.close()
        return process

    def run(
        self, name: str, *command: str, env: dict[str, str] | None = None, log: Path | None = None
    ) -> int:
        """Run one process to its end and return its exit code; stopping us stops it."""
        code = self.start(name, *command, env=env, log=log).wait()
        del self.processes[name]
        return code

    def first_dead(self) -> tuple[str, int] | None:
        """Return name and exit code of a process that has ended, if there is one."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                return name, process.returncode
        return None

    def watch(self) -> tuple[str, int]:
        """Wait until the first process ends."""
        while True:
            if dead := self.first_dead():
                return dead
            time.sleep(0.2)

    def stop(self) -> None:
        """End all: TERM, and after a grace KILL, to each whole group, so that no grandchild is left either."""
        self._stopping = True
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()  # The leader only: it ends its own workers in an orderly way.
        deadline = time.monotonic() + GRACE_SECONDS
        for process in self.processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
        self._signal_all(signal.SIGKILL)
        for process in self.processes.values():
            process.wait()

    def _signal_all(self, number: signal.Signals) -> None:
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)


def answers(url: str, host: str = "localhost", timeout: float = 2) -> tuple[int, str]:
    """Return status and body of a GET, (0, reason) when nobody answers; redirects are not followed."""

    class NoRedirect(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_args: object) -> None:
            return None

    # Without the proxies of the environment: this asks our own machine.
    opener = urllib.request.build_opener(NoRedirect, urllib.request.ProxyHandler({}))
    request = urllib.request.Request(url, headers={"Host": host, "X-Forwarded-Proto": "https"})
    try:
        with opener.open(request, timeout=timeout) as response:
            return response.status, response.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode("utf-8", "replace")
    except OSError as error:
        return 0, str(error)


def wait_for(group: Group, url: str, host: str, seconds: float) -> str:
    """Wait until `url` answers 200 while all processes live; return '' or why it did not."""
    deadline = time.monotonic() + seconds
    status, body = 0, ""
    while time.monotonic() < deadline:
        if dead := group.first_dead():
            return f"{dead[0]} ended with exit code {dead[1]}"
        status, body = answers(url, host)
        if status == 200:
            return ""
        time.sleep(0.1)
    return f"{url} answered {status or 'nothing'} after {seconds:.0f} s: {body[:300]}"


def commands(port: int, *, host: str = "127.0.0.1", workers: int = 2) -> dict[str, Sequence[str]]:
    """Return the long-running processes of one installation on one machine."""
    web = (
        "-m",
        "gunicorn",
        "config.wsgi",
        "--bind",
        f"{host}:{port}",
        "--workers",
        str(workers),
        "--threads",
        "4",
    )
    quiet = ("--log-level", "warning", "--no-control-socket")
    # --preload starts twice as fast. It is safe while no app opens a connection in ready(), which Django warns
    # about and the tests turn into an error.
    celery = ("-m", "celery", "--quiet", "--app", "config")
    # Celery warns of running as root at every start; in a container or on a test machine that is nobody's news.
    silent = ("-W", "ignore:You're running the worker with superuser privileges")
    return {
        "web": (PYTHON, *web, *quiet, "--timeout", "60", "--preload"),
        "worker": (PYTHON, *silent, *celery, "worker", "--concurrency", "2", "--loglevel", "WARNING"),
        "beat": (PYTHON, *celery, "beat", "--loglevel", "WARNING", "--pidfile", ""),
    }
