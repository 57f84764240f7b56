"""No tracked file knows the machine it was written on or the registry its packages came from."""

import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
# [x] keeps the patterns from matching this file.
MACHINE = re.compile(r"""(?:^|["'`=:(\s])/(?:home/[a-z]|Users/[A-Za-z]|root/\w|wor[k]/|mnt/)""")
REGISTRY = re.compile(
    r'--(?:extra-)?inde[x]-url|--find-link[s]|--trusted-hos[t]|^\s*registr[y]\s*=|"resolve[d]"\s*:|@npm:registr[y]'
)


def tracked_files():
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.split(
        b"\0"
    )
    return [ROOT / name.decode() for name in names if name and (ROOT / name.decode()).is_file()]


def offences(text):
    """Return (line number, line) of each line that names a machine or a registry."""
    lines = enumerate(text.splitlines(), 1)
    return [(n, line.strip()[:160]) for n, line in lines if MACHINE.search(line) or REGISTRY.search(line)]


def test_tracked_files_name_no_machine_and_no_registry():
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    found = []
    for path in tracked_files():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}:{number}: {line}" for number, line in offences(text)]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        'DATA = "/home~/ann/shops.csv"',
        "cd /work~/main",
        "/Users~/ann/x",
        "--index~-url https://pypi.example.org/simple",
        "--find~-links wheels",
        '      "resolved~": "https://packages.example.org/a/-/a-1.0.0.tgz",',
        "registry~ = https://packages.example.org",
    ],
)
def test_the_rules_catch(line):
    """The ~ keeps these lines from being found in this file."""
    assert offences(line.replace("~", ""))


@pytest.mark.parametrize(
    "line",
    ["see /tracks/points/", 'href="/workbench/"', "GET /home/", "/app/var/media", "--no-emit-index-url"],
)
def test_the_rules_let_pass(line):
    assert not offences(line)
