"""The scripts do what the README says: they parse, are executable, start from anywhere and stop together."""

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
SCRIPTS = [*sorted(path for path in (ROOT / "script").iterdir() if path.is_file()), ROOT / ".ci" / "run"]
LIB = ROOT / "script" / "lib"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_script_is_executable_and_parses(script):
    assert os.access(script, os.X_OK)
    assert script.read_text().startswith("#!/usr/bin/env bash\n")
    subprocess.run(["bash", "-n", script], check=True)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_script_keeps_to_what_macos_has(script):
    """macOS ships bash 3.2 and BSD tools."""
    text = script.read_text()
    if script.name == "run":
        return  # Debian only, as it says.
    newer = ("declare -A", "mapfile", "readarray", "wait -n", "readlink -f", "sha256sum", "${!", ",,}", "^^}")
    assert [word for word in newer if word in text] == []


def test_setup_twice_does_nothing_the_second_time():
    if not (ROOT / "var" / "setup" / "python-packages").exists():
        pytest.skip("this checkout was not made by script/setup")
    subprocess.run([ROOT / "script" / "setup"], check=True, cwd="/")
    began = time.monotonic()
    done = subprocess.run([ROOT / "script" / "setup"], check=True, cwd="/", capture_output=True, text=True)
    assert done.stdout == ""
    assert time.monotonic() - began < 3  # 0.2 s on an idle machine


def test_setup_without_a_python_says_what_to_do(tmp_path):
    for name in ("bash", "dirname", "cat"):
        (tmp_path / name).symlink_to(subprocess.check_output(["which", name], text=True).strip())
    script = tmp_path / "checkout" / "script" / "setup"
    script.parent.mkdir(parents=True)
    script.write_text((ROOT / "script" / "setup").read_text())
    done = subprocess.run(["bash", script], env={"PATH": str(tmp_path)}, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Python 3.11 or newer" in done.stderr


def test_server_refuses_wrong_arguments():
    done = subprocess.run([ROOT / "script" / "server", "--port", "eighty"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "--port" in done.stderr


def test_server_prints_the_demo_logins_that_exist():
    from config.demo.people import PASSWORD

    line = re.search(r'^LOGINS = "(.*)"$', (LIB / "server.py").read_text("utf-8"), re.MULTILINE)[1]
    assert f"password {PASSWORD}:" in line
    source = (ROOT / "config" / "demo" / "people.py").read_text("utf-8")
    for name in ("admin", "boss", "finance", "office"):
        assert f" {name} " in line
        assert re.search(rf'\bperson\(\s*"{name}"', source), name


def test_every_variable_of_the_compose_file_is_explained():
    used = set(re.findall(r"(?<!\$)\$\{(\w+)", (ROOT / "docker-compose.yml").read_text("utf-8")))
    explained = set(
        re.findall(r"^(?:# )?(\w+)=", (ROOT / "deploy" / "env.example").read_text("utf-8"), re.MULTILINE)
    )
    assert used == explained


def test_every_process_of_the_compose_file_can_be_checked():
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    started = re.findall(r'command: \["deploy/start", "(\w+)"\]', text)
    assert sorted(started) == ["beat", "migrate", "web", "worker"]
    refused = subprocess.run([ROOT / "deploy" / "start", "nothing"], capture_output=True)
    assert refused.returncode == 2


GROUP = """
    import sys; sys.path.insert(0, {lib!r})
    from processes import Group, Stopped
    group = Group()
    try:
        group.start("parent", "bash", "-c", "sleep 300 & echo $! > {pid}; wait")
        group.start("brief", "bash", "-c", "{brief}")
        print("started", flush=True)
        print(*group.watch(), flush=True)
    except Stopped as stop:
        print("stopped", stop, flush=True)
    finally:
        group.stop()
"""


def start_group(tmp_path, brief):
    code = textwrap.dedent(GROUP).format(lib=str(LIB), pid=tmp_path / "pid", brief=brief)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "started\n"
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
        time.sleep(0.02)
    return process, int((tmp_path / "pid").read_text())


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] == "Z")


def gone(pid):
    deadline = time.monotonic() + 5
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not alive(pid)


def test_death_of_one_process_ends_the_others_and_their_children(tmp_path):
    process, grandchild = start_group(tmp_path, "sleep 0.3; exit 7")
    output, _ = process.communicate(timeout=15)
    assert output == "brief 7\n"
    assert gone(grandchild)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all(tmp_path, number):
    process, grandchild = start_group(tmp_path, "sleep 300")
    assert alive(grandchild)
    process.send_signal(number)
    output, _ = process.communicate(timeout=15)
    assert output == f"stopped {number.name}\n"
    assert gone(grandchild)
