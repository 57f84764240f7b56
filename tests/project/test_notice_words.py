"""Whoever tells people something words it for its reader: at the door of comms, not in the language of whoever acts."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

APPS = (
    "accounts",
    "alerts",
    "comms",
    "config",
    "crm",
    "reports",
    "sales",
    "team",
    "territory",
    "visits",
)
AT_ONCE = {"gettext", "pgettext", "ngettext", "npgettext"}
# Whatever these modules give depends on the language, too: 11-22 周日, 甲、乙.
WORDING = {"common.templatetags.paodian", "common.punctuation"}
DOOR = "Notice"

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def tellers(tree: ast.AST) -> set[str]:
    """Functions that take Words and hand them on to a notice."""
    return {
        function.name
        for function in functions(tree)
        if any(
            "Words" in ast.dump(arg.annotation)
            for arg in (*function.args.args, *function.args.kwonlyargs)
            if arg.annotation
        )
    }


def run_at_once(node: ast.AST) -> Iterator[ast.AST]:
    """What runs as the function does: nothing of functions within it, and no text of an error it raises or returns."""
    for child in ast.iter_child_nodes(node):
        is_error = isinstance(child, ast.Call) and getattr(child.func, "id", "") == "ValidationError"
        if not is_error and not isinstance(child, Function | ast.Lambda):
            yield child
            yield from run_at_once(child)


def name_of(node: ast.AST) -> str:
    return getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""


def early(source: str, tell: set[str]) -> Iterator[int]:
    """Lines that word a notice before its reader is known."""
    tree = ast.parse(source)
    wording = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if node.module in WORDING or (node.module == "django.utils.translation" and alias.name in AT_ONCE)
    }
    own = {function.name for function in functions(tree) if getattr(function.returns, "id", "") == "str"}
    for function in functions(tree):
        calls = [node for node in run_at_once(function) if isinstance(node, ast.Call)]
        if not any(name_of(call) in tell for call in calls):
            continue
        for call in calls:
            name = name_of(call)
            if name in wording or (name.startswith("get_") and name.endswith("_display")):
                yield call.lineno
            if name == DOOR:
                named = {word.arg: word.value for word in call.keywords}
                words = [*call.args[2:4], named.get("title"), named.get("body")]
                yield from (word.lineno for word in words if name_of(word) in own)


def files() -> dict[str, str]:
    root = Path(settings.BASE_DIR)
    found = (file for app in APPS for file in (root / app).rglob("*.py") if "migrations" not in file.parts)
    return {str(file.relative_to(root)): file.read_text() for file in found}


@pytest.mark.parametrize(
    "lines",
    [
        ["notify([Notice(1, KIND, _('Order'))])"],
        ["title = _('Order %(n)s') % {'n': 1}", "notify([Notice(1, KIND, title)])"],
        ["notify([Notice(1, KIND, 'typed', body=moment(at))])"],
        ["notify([Notice(1, KIND, title=words())])"],
        ["notify([Notice(1, KIND, 'typed', row.get_kind_display())])"],
        ["tell(row, _('Order'))"],
    ],
)
def test_it_is_found(lines):
    head = (
        "from django.utils.translation import gettext as _\nfrom common.templatetags.paodian import moment\n"
    )
    more = "def words() -> str: return _('Order')\ndef tell(row, words: Words): ...\n"
    body = "def f():\n" + "".join(f"    {line}\n" for line in lines)
    assert list(early(head + more + body, {DOOR, *tellers(ast.parse(more))}))


def test_what_waits_for_its_reader_is_right():
    source = """
from django.utils.translation import gettext as _
def words() -> str: return _("Order")
def f():
    if not text:
        raise ValidationError(_("Write something."))
    def title() -> str:
        return _("Order")
    notify([Notice(1, KIND, title, lambda: _("Order"), key=key()), Notice(1, KIND, partial(words), text)])
"""
    assert list(early(source, {DOOR})) == []


def test_notices_are_worded_for_their_readers():
    sources = files()
    telling = {name for name, source in sources.items() if f"{DOOR}(" in source}
    services = {name for name in sources if "services" in name}
    assert len(telling) > 25
    assert telling <= services
    own = {name: tellers(ast.parse(sources[name])) for name in services}
    shared = {DOOR} | {name for names in own.values() for name in names if not name.startswith("_")}
    assert {"tell", "add_to_groups"} <= shared
    found = [f"{name}:{line}" for name in services for line in early(sources[name], shared | own[name])]
    assert found == []


def test_nobody_writes_notices_past_the_door():
    past = {"Notification.objects.create(", "Notification.objects.bulk_create(", "Notification("}
    writers = {name for name, source in files().items() if any(word in source for word in past)}
    assert writers == {"comms/models/notification.py", "comms/services/notifications.py"}
