"""docs/features.md names every row of the catalogue, and nothing that is not there."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import get_commands
from django.urls import Resolver404, resolve

from reports.queries.report import REPORTS

ROOT = Path(settings.BASE_DIR)
PAGE = ROOT / "docs" / "features.md"
# How many rows the catalogue has under each letter.
CATALOGUE = {"A": 8, "B": 11, "C": 6, "D": 11, "E": 6, "F": 8, "G": 10, "H": 7, "I": 3, "J": 6}
IDS = [f"{letter}{number}" for letter, last in CATALOGUE.items() for number in range(1, last + 1)]
MOST = 300  # characters of a row

LINE = re.compile(r"^\| ([A-J]\d+) \|(.*)\|$", re.M)
CODE = re.compile(r"`([^`]+)`")
PLACEHOLDERS = {"<pk>": "1", "<token>": "a1"}


def _rows():
    """(id, [what stands, where, tests, missing], the whole line) of each row of the page."""
    return [
        (match[1], [cell.strip() for cell in match[2].split("|")], match[0])
        for match in LINE.finditer(PAGE.read_text("utf-8"))
    ]


ROWS = _rows()


def leads_somewhere(address):
    """Whether a page answers; the admin's own answer to any address under /admin/ is none, nor is an unknown report."""
    for placeholder, value in PLACEHOLDERS.items():
        address = address.replace(placeholder, value)
    try:
        match = resolve(address)
    except Resolver404:
        return False
    if match.view_name in ("reports:report", "reports:report_rows"):
        return match.kwargs["code"] in REPORTS
    return match.url_name is not None


def test_every_row_of_the_catalogue_is_there_once_and_in_its_order():
    assert [row for row, _cells, _line in ROWS] == IDS


@pytest.mark.parametrize(("row", "cells", "line"), ROWS, ids=[row for row, *_rest in ROWS])
def test_what_a_row_names_is_there(row, cells, line):
    assert len(cells) == 4, "what stands, where, tests, missing"
    assert len(line) <= MOST
    stands, where, tests, missing = cells
    for named in CODE.findall(where):
        if named.startswith("manage.py "):
            assert named.split()[1] in get_commands(), named
        else:
            assert leads_somewhere(named), named
    for named in CODE.findall(tests):
        assert re.fullmatch(r"[a-z]+(/[a-z]+)?/test_[a-z0-9_]+\.py", named), named
        assert (ROOT / "tests" / named).is_file(), named
    assert missing == "–" or missing.startswith("Not yet: ")
    # What stands has a place and a test; what has none says what is missing.
    assert bool(CODE.search(where)) == bool(CODE.search(tests)) == (not stands.startswith("Nothing"))
    assert CODE.search(where) or missing != "–"


def test_an_app_that_came_is_not_said_to_be_missing():
    said = {name: row for row, _cells, line in ROWS for name in re.findall(r"no (\w+) app\b", line)}
    assert {name: row for name, row in said.items() if apps.is_installed(name)} == {}


@pytest.mark.parametrize(
    "address",
    ["/customers/<pk>/nothing-here/", "/admin/crm/nothing/", "/reports/nothing/", "/customers", "customers/"],
)
def test_an_address_that_leads_nowhere_is_found(address):
    assert not leads_somewhere(address)
