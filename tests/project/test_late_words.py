"""No text takes its language while modules load: whoever reads it later would read it in the language of the start."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

LAZY = {"gettext_lazy", "pgettext_lazy", "ngettext_lazy", "npgettext_lazy"}
AT_ONCE = {"gettext", "pgettext", "ngettext", "npgettext"}


def early_words(source: str) -> Iterator[int]:
    """Lines that translate when the module loads: outside functions, a text translated at once, or a lazy one put together."""
    tree = ast.parse(source)
    names = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
    }

    def sort(node: ast.AST) -> str:
        is_named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        return names.get(node.func.id, "") if is_named else ""

    def loaded(node: ast.AST) -> Iterator[ast.AST]:
        yield node
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                yield from loaded(child)

    for node in loaded(tree):
        parts: list[ast.AST] = []
        if isinstance(node, ast.BinOp):
            parts = [node.left, node.right]
        elif isinstance(node, ast.FormattedValue | ast.Attribute):  # f"{_("…")}" and _("…").format(…)
            parts = [node.value]
        if sort(node) in AT_ONCE or any(sort(part) in LAZY for part in parts):
            yield node.lineno


@pytest.mark.parametrize(
    "line",
    [
        'A = _("%(n)s days") % {"n": 3}',
        "A = f\"{_('Order')} 3\"",
        'A = [gettext("Order")]',
        'A = _("a {}").format(1)',
    ],
)
def test_it_is_found(line):
    source = "from django.utils.translation import gettext, gettext_lazy as _\n" + line
    assert list(early_words(source)) == [2]
    late = f"def f():\n    {line}\nB = lambda: {line.removeprefix('A = ')}\nC = _('Order')"
    assert list(early_words(source.split("\n")[0] + "\n" + late)) == []


def test_no_text_is_worded_while_modules_load():
    root = Path(settings.BASE_DIR)
    folders = (
        "accounts",
        "alerts",
        "comms",
        "common",
        "config",
        "crm",
        "reports",
        "sales",
        "team",
        "territory",
        "visits",
    )
    files = [
        file for folder in folders for file in (root / folder).rglob("*.py") if "migrations" not in file.parts
    ]
    assert len(files) > 500
    found = [f"{file.relative_to(root)}:{line}" for file in files for line in early_words(file.read_text())]
    assert found == []
