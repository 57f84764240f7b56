"""The Chinese catalogue is complete, and the command that keeps it finds everything there is to translate."""

import gettext
import json
import threading

import pytest

from common import i18n_extract

SCREEN = """{% load i18n %}
  {% translate "Save" %} {{ _("Cancel") }} {% translate "May" context "month" %}
    {% if x %}{% blocktranslate trimmed %}
      Hello
      {{ name }}
    {% endblocktranslate %}{% endif %}
{% blocktranslate count n=rows|length %}{{ n }} row{% plural %}{{ n }} rows{% endblocktranslate %}
<p title="(">{{ page|default:_("nobody") }}</p>
"""
CODE = """
from django.utils.translation import gettext as _, gettext_lazy, ngettext, pgettext
A = _("Order")
B = gettext_lazy("two "
                 "parts")
C = ngettext("%(n)d visit", "%(n)d visits", 3)
D = pgettext("unit", "box")
E = _("{name} has left")
"""


@pytest.fixture
def project(tmp_path):
    """A little project with one app, one template, one migration and one test."""
    for name in ("app/migrations", "app/templates/app", "templates", "tests"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "app/__init__.py").touch()
    (tmp_path / "tests/__init__.py").touch()
    (tmp_path / "app/forms.py").write_text(CODE)
    (tmp_path / "app/migrations/0001_initial.py").write_text('_("not shown")')
    (tmp_path / "tests/test_x.py").write_text('_("not shown either")')
    (tmp_path / "templates/screen.html").write_text(SCREEN)
    return tmp_path


def run(project, **options):
    return i18n_extract.run(
        {"check": False, "compile": False, "prune": False, "list_missing": None, "add": [], **options},
        project,
    )


def add(project, translations):
    file = project / f"add-{threading.get_ident()}.json"
    file.write_text(json.dumps(translations))
    return run(project, add=[str(file)])


COMPLETE = {
    "Save": "保存",
    "Cancel": "取消",
    "month\x04May": "五月",
    "Hello %(name)s": "你好%(name)s",
    "%(n)s row": ["%(n)s 行"],
    "nobody": "无人",
    "Order": "订单",
    "two parts": "两部分",
    "%(n)d visit": ["%(n)d 次拜访"],
    "unit\x04box": "箱",
    "{name} has left": "{name}已离职",
}


def test_catalogue_is_complete():
    assert i18n_extract.check().lines() == [], (
        "run manage.py update_messages --list-missing, then --add FILE.json"
    )


def test_every_kind_of_text_is_found(project):
    lines, complaints = run(project, list_missing="")
    assert set(json.loads(lines[0])) == set(COMPLETE)
    assert not complaints


def test_added_translations_reach_gettext(project):
    assert add(project, COMPLETE)[1] == []
    assert run(project, check=True)[1] == []
    with (project / "locale/zh_Hans/LC_MESSAGES/django.mo").open("rb") as file:
        texts = gettext.GNUTranslations(file)
    assert texts.gettext("Save") == "保存"
    assert texts.pgettext("month", "May") == "五月"
    assert texts.ngettext("%(n)d visit", "%(n)d visits", 1) == "%(n)d 次拜访"
    assert texts.ngettext("%(n)d visit", "%(n)d visits", 5) == "%(n)d 次拜访"


def test_second_run_changes_no_byte(project):
    add(project, COMPLETE)
    before = i18n_extract.po_path(project).read_bytes()
    run(project)
    assert i18n_extract.po_path(project).read_bytes() == before


@pytest.mark.parametrize(
    ("msgid", "translation"),
    [
        ("Hello %(name)s", "你好%(nam)s"),
        ("Hello %(name)s", "你好"),
        ("%(n)d visit", ["拜访"]),
        ("%(n)d visit", ["%(n)s 次拜访"]),
        ("{name} has left", "{nam}已离职"),
        ("Save", ""),
        ("no such text", "无"),
        ("other\x04box", "箱"),
    ],
)
def test_wrong_additions_are_refused_and_the_rest_goes_in(project, msgid, translation):
    _lines, complaints = add(project, {msgid: translation, "Order": "订单"})
    assert len(complaints) == 1
    assert i18n_extract.read_catalog(project).get("Order").string == "订单"
    assert any(line.startswith("missing") for line in run(project, check=True)[1])


def test_a_text_that_went_away_is_reported_until_pruned_and_found_again(project):
    add(project, COMPLETE)
    (project / "app/forms.py").write_text("")
    run(project)
    assert "obsolete: 'Order'" in run(project, check=True)[1]
    (project / "app/forms.py").write_text(CODE)
    run(project)
    assert run(project, check=True)[1] == []
    (project / "app/forms.py").write_text("")
    run(project, prune=True)
    assert run(project, check=True)[1] == []


def test_fuzzy_and_broken_are_reported(project):
    add(project, COMPLETE)
    path = i18n_extract.po_path(project)
    path.write_text(
        path.read_text()
        .replace('msgid "Save"', '#, fuzzy\nmsgid "Save"')
        .replace('"你好%(name)s"', '"你好%(nobody)s"')
    )
    complaints = run(project, check=True)[1]
    assert "fuzzy: 'Save'" in complaints
    assert any(line.startswith("broken: 'Hello %(name)s'") for line in complaints)


def test_a_template_that_cannot_be_read_is_named(project):
    (project / "templates/bad.html").write_text(
        "{% blocktranslate %}a{% if b %}{% endif %}{% endblocktranslate %}"
    )
    assert any("templates/bad.html" in line for line in run(project, check=True)[1])


def test_two_people_add_at_once(project):
    halves = [dict(list(COMPLETE.items())[start::2]) for start in (0, 1)]
    threads = [threading.Thread(target=add, args=(project, half)) for half in halves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert run(project, check=True)[1] == []
