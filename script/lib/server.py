"""Start web, worker and beat for a run on one machine (script/server)."""

import argparse
import hashlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import environ
from processes import PYTHON, ROOT, Group, Stopped, commands, wait_for

VAR = ROOT / "var"
LOGINS = "Demo logins, password paodian2026:  admin · boss · manager1 · finance · office · rep1 … rep12"
ON = {"1", "true", "yes", "on", "y", "ok"}


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="script/server", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="default 8000")
    parser.add_argument(
        "--host", default="127.0.0.1", help="0.0.0.0 lets other machines in; name them in ALLOWED_HOSTS"
    )
    parser.add_argument("--no-demo", action="store_true", help="start with an empty company")
    return parser.parse_args()


def port_is_free(host: str, port: int) -> bool:
    """Tell whether we could listen there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), port))
        except OSError:
            return False
    return True


def manage(group: Group, *words: str) -> None:
    """Run one manage.py command; its failure ends the start."""
    if code := group.run(words[0], PYTHON, "manage.py", *words):
        raise SystemExit(f"script/server: manage.py {words[0]} failed with exit code {code}")


# --- static files -----------------------------------------------------------------------------------
def static_sources() -> Iterator[Path]:
    """Yield what decides the content of the collected static files."""
    yield from (ROOT / "requirements/base.txt", ROOT / "package-lock.json", ROOT / "config/settings.py")
    yield ROOT / "common/finders.py"
    for folder in (ROOT / "static", *sorted(ROOT.glob("*/static"))):
        if "var" not in folder.parts[len(ROOT.parts) :]:
            yield from sorted(path for path in folder.rglob("*") if path.is_file())


def collect_static(group: Group) -> None:
    """Collect static files when one has changed since the last time."""
    facts = "\n".join(
        f"{p} {p.stat().st_mtime_ns} {p.stat().st_size}" for p in static_sources() if p.exists()
    )
    key = hashlib.sha256(facts.encode()).hexdigest()
    target = Path(os.environ.get("STATIC_ROOT") or VAR / "static")
    stamp = VAR / "setup" / "static"
    if stamp.exists() and stamp.read_text() == key and (target / "staticfiles.json").exists():
        return
    manage(group, "collectstatic", "--noinput", "--clear", "--verbosity", "0")
    stamp.write_text(key)


# --- demo data --------------------------------------------------------------------------------------
def database_identity() -> str:
    """Name the database, so that a new one gets its demo data although an older one has it."""
    url = os.environ.get("DATABASE_URL", "")
    file = VAR / "paodian.sqlite3"
    return hashlib.sha256(url.encode()).hexdigest() if url else f"sqlite {file.stat().st_ino}"


def has_users() -> bool:
    """Tell whether somebody works with this database already."""
    code = "from django.contrib.auth import get_user_model as m; print('users:', m().objects.exists())"
    command = [PYTHON, "manage.py", "shell", "--verbosity", "0", "--command", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return "users: True" in done.stdout


def load_demo(group: Group) -> None:
    """Load the demo company into a database that nobody uses yet. The load is one transaction."""
    identity, stamp = database_identity(), VAR / "setup" / "demo"
    if stamp.exists() and stamp.read_text().startswith(identity):
        return
    if has_users():
        print("The database has users already, so no demo data is loaded (manage.py demo does).", flush=True)
        stamp.write_text(f"{identity}\nnot loaded\n")
        return
    print("Loading the demo company (once) …", flush=True)
    manage(group, "demo")
    stamp.write_text(f"{identity}\n{LOGINS}\n")


# --- run --------------------------------------------------------------------------------------------
def local_environment() -> None:
    """Fill in what a run on one machine needs; the environment and .env come first."""
    environ.Env.read_env(ROOT / ".env")
    os.environ.setdefault("HTTPS", "0")  # Plain http on this machine; behind a TLS proxy set HTTPS=1.
    os.environ.setdefault("LOG_LEVEL", "WARNING")


def health_host() -> str:
    """Return a host name that ALLOWED_HOSTS lets through."""
    first = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip()
    return "localhost" if first in {"", "*"} else first.lstrip(".")


def announce(options: argparse.Namespace) -> None:
    """Print where the product is and how to log in."""
    print(f"\nPaodian is ready: http://localhost:{options.port}/    (Ctrl-C stops it)", flush=True)
    stamp = VAR / "setup" / "demo"
    if not options.no_demo and stamp.exists() and LOGINS in stamp.read_text():
        print(LOGINS, flush=True)


def start_all(group: Group, options: argparse.Namespace) -> int:
    """Prepare, start, announce and watch; return the exit code."""
    debug = os.environ.get("DEBUG", "").lower() in ON
    manage(group, "migrate", "--noinput", "--verbosity", "0")
    if not debug:
        collect_static(group)
    if not options.no_demo:
        load_demo(group)
    processes = commands(options.port, host=options.host)
    if debug:
        processes["web"] = (PYTHON, "manage.py", "runserver", f"{options.host}:{options.port}")
    address = "127.0.0.1" if options.host == "0.0.0.0" else options.host
    # The web first, alone on the processor: it is what somebody waits for.
    group.start("web", *processes.pop("web"))
    if why := wait_for(group, f"http://{address}:{options.port}/healthz", health_host(), 60):
        print(f"script/server: {why}", file=sys.stderr)
        return 1
    for name, command in processes.items():
        group.start(name, *command)
    announce(options)
    name, code = group.watch()
    print(f"script/server: {name} ended with exit code {code}; stopping the others.", file=sys.stderr)
    return code if 0 < code < 126 else 1


def main() -> int:
    """Run until Ctrl-C, TERM or the death of a process; a stop that was asked for is a success."""
    options = parse_arguments()
    local_environment()
    if not port_is_free(options.host, options.port):
        print(f"Port {options.port} is in use. Try: script/server --port {options.port + 1}", file=sys.stderr)
        return 1
    group = Group()
    try:
        return start_all(group, options)
    except Stopped:
        print("\nStopping …", flush=True)
        return 0
    finally:
        group.stop()


if __name__ == "__main__":
    sys.exit(main())
