"""Rows as COPY's text, compared with what PostgreSQL makes of them."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.db import connection

from common.copy_text import copy_lines
from crm.enums import Level


def test_a_line_a_row():
    assert copy_lines([[1, 2], ["甲", "乙"]]) == ["1\t甲".encode(), "2\t乙".encode()]
    assert copy_lines([["a\tb\\", ""], [None, "c\r\nd"]]) == [b"a\\tb\\\\\t\\N", b"\tc\\r\\nd"]
    assert copy_lines([[True, None], [Level.A, "B"]]) == [b"t\tA", b"\\N\tB"]
    assert copy_lines([]) == []


def test_unequal_columns_and_unknown_values_are_refused():
    with pytest.raises(ValueError, match="shorter"):
        copy_lines([[1, 2], ["甲"]])
    with pytest.raises(TypeError, match="dict"):
        copy_lines([[{}]])


VALUES = {
    "text": ["", "\\", "\\N", "a\tb\nc\rd\\e", "店（屯溪路）", None, "\\.", "\x0b\x0c"],
    "bigint": [0, -1, 2**62, None],
    "double precision": [0.1, -1e-7, 117.290061, 1e22, None],
    "numeric": [Decimal("0.10"), Decimal("1E+3"), None],
    "boolean": [True, False, None],
    "date": [dt.date(2026, 3, 1), None],
    "timestamptz": [dt.datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=dt.UTC), None],
    "time": [dt.time(8, 30), None],
    "uuid": [uuid.UUID(int=7), None],
}


@pytest.mark.django_db
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="COPY is PostgreSQL's")
@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("alone", [True, False], ids=["one type", "with NULL"])
def test_every_value_comes_back(kind, alone):
    values = [value for value in VALUES[kind] if value is not None] if alone else VALUES[kind]
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE copied (id bigint, value {kind})")
        with cursor.copy("COPY copied FROM STDIN") as copy:
            copy.write(b"\n".join([*copy_lines([range(len(values)), values]), b""]))
        cursor.execute("SELECT value FROM copied ORDER BY id")
        assert [value for (value,) in cursor] == values
