"""Keeps locale/<language>/LC_MESSAGES/django.po in step with the sources, without GNU gettext.

Babel reads Python files; templates go through Django's own templatize() first, which turns tags into gettext calls.
The catalogue is sorted by message and carries neither line numbers nor dates, so that two branches which add texts
merge without conflicts. Needs no configured Django: `python -m common.i18n_extract --compile` works before set-up.
"""

import argparse
import fcntl
import io
import json
import os
import re
import string
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LANGUAGE = "zh_Hans"
HEADER = """\
# Simplified Chinese. Written by `manage.py update_messages`; see docs/contributing.md.
msgid ""
msgstr ""
"Language: zh_Hans\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""
PLURAL = (1, 2)
CONTEXT = ((1, "c"), 2)
CONTEXT_PLURAL = ((1, "c"), 2, 3)
KEYWORDS: dict[str, Any] = {
    "_": None,
    "_t": None,  # gettext beside gettext_lazy
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": PLURAL,
    "ngettext_lazy": PLURAL,
    "pgettext": CONTEXT,
    "pgettext_lazy": CONTEXT,
    "npgettext": CONTEXT_PLURAL,
    "npgettext_lazy": CONTEXT_PLURAL,
}
# Folders with Python packages that show nothing to a user.
NOT_SHOWN = {"tests", "benchmarks", "node_modules", "var"}
PERCENT = re.compile(r"%(?:\((?P<name>[^)]*)\))?[-#0+]*\d*(?:\.\d+)?(?P<kind>[diouxXeEfFgGcrsa%])")


@dataclass
class Problems:
    """What keeps a catalogue from being complete, as printable lines."""

    missing: list[str] = field(default_factory=list)
    fuzzy: list[str] = field(default_factory=list)
    obsolete: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return one line for each problem, prefixed with its kind."""
        return [
            f"{kind}: {line}"
            for kind in ("missing", "fuzzy", "obsolete", "broken")
            for line in getattr(self, kind)
        ]


# --- sources ----------------------------------------------------------------------------------------
def source_files(root: Path = ROOT) -> Iterator[Path]:
    """Yield our own Python files and templates, sorted; migrations and tests hold no user text."""
    packages = sorted(p.parent for p in root.glob("*/__init__.py") if p.parent.name not in NOT_SHOWN)
    for package in packages:
        yield from sorted(p for p in package.rglob("*.py") if "migrations" not in p.parts)
    for folder in (root / "templates", *(package / "templates" for package in packages)):
        yield from sorted(p for p in folder.rglob("*") if p.suffix in {".html", ".txt"})


def _as_python(path: Path) -> bytes:
    text = path.read_text("utf-8")
    if path.suffix == ".py":
        return text.encode()
    # The tokenizer would stumble over a template's indentation, which means nothing here.
    return "\n".join(line.strip() for line in templatize(text, origin=str(path)).splitlines()).encode()


def extract_messages(root: Path = ROOT, broken: list[str] | None = None) -> Catalog:
    """Return a catalogue of every text in the sources, untranslated.

    A file that cannot be read as Python or as a template is added to `broken`, or raises SyntaxError without one.
    """
    catalog = Catalog(locale=LANGUAGE)
    for path in source_files(root):
        name = path.relative_to(root).as_posix()
        try:
            found = list(extract("python", io.BytesIO(_as_python(path)), KEYWORDS, ("Translators:",)))
        except (SyntaxError, UnicodeDecodeError) as error:
            if broken is None:
                raise SyntaxError(f"{name}: {error}") from error
            broken.append(f"{name}: {error}")
            continue
        for _line, message, comments, context in found:
            catalog.add(message, locations=[(name, 0)], auto_comments=comments, context=context)
    return catalog


# --- the catalogue ----------------------------------------------------------------------------------
def po_path(root: Path = ROOT) -> Path:
    """Return where the Chinese texts are kept."""
    return root / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"


def read_catalog(root: Path = ROOT) -> Catalog:
    """Return the stored catalogue, or an empty one when there is no file yet."""
    path = po_path(root)
    if not path.exists():
        return Catalog(locale=LANGUAGE)
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGE)


def merge(template: Catalog, stored: Catalog) -> Catalog:
    """Return the texts of `template` with the translations of `stored`; what is gone from the sources is kept as
    obsolete, so that a text that comes back (or whose file was broken for a minute) finds its translation."""
    merged = Catalog(locale=LANGUAGE)
    old: dict[tuple[str, str | None], Message] = {}
    for message in (*stored.obsolete.values(), *stored):
        old[_key(message)] = message
    for message in template:
        if not message.id:
            continue
        before = old.pop(_key(message), None)
        new = merged.add(
            message.id,
            _fit(before.string, message) if before else None,
            locations=message.locations,
            flags=(before.flags & {"fuzzy"}) if before else (),
            auto_comments=message.auto_comments,
            user_comments=before.user_comments if before else (),
            context=message.context,
        )
        new.flags.discard("")
    for key, message in old.items():
        if message.id and _translated(message):
            merged.obsolete[_obsolete_key(key)] = message
    return merged


def _key(message: Message) -> tuple[str, str | None]:
    singular = message.id if isinstance(message.id, str) else message.id[0]
    return singular, message.context


def _obsolete_key(key: tuple[str, str | None]) -> Any:
    return key if key[1] else key[0]


def _fit(value: Any, message: Message) -> Any:
    """Return a stored translation in the shape (one text, or one for each plural form) that the message has now."""
    text = value if isinstance(value, str) or not value else value[0]
    return (text,) if message.pluralizable else text


def _translated(message: Message) -> bool:
    return all(message.string) if isinstance(message.string, (list, tuple)) else bool(message.string)


def show(message: Message) -> str:
    """Return a message as a translator would name it."""
    singular, context = _key(message)
    return f"{context}|{singular!r}" if context else repr(singular)


def write_catalog(catalog: Catalog, root: Path = ROOT) -> None:
    """Write the catalogue and its compiled form; readers never see half a file."""
    body = io.BytesIO()
    write_po(body, catalog, width=100, omit_header=True, sort_output=True, include_lineno=False)
    path = po_path(root)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = HEADER.encode() + body.getvalue().strip() + b"\n"
    if not path.exists() or path.read_bytes() != text:
        _replace(path, text)
    compile_catalogs(root)


def compile_catalogs(root: Path = ROOT) -> list[Path]:
    """Write a django.mo beside every django.po and return the written paths."""
    written = []
    for path in sorted((root / "locale").glob("*/LC_MESSAGES/django.po")):
        with path.open("rb") as file:
            catalog = read_po(file, locale=path.parent.parent.name)
        content = io.BytesIO()
        write_mo(content, catalog)
        _replace(path.with_suffix(".mo"), content.getvalue())
        written.append(path.with_suffix(".mo"))
    return written


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.write_bytes(content)
    temporary.replace(path)


@contextmanager
def locked(root: Path = ROOT) -> Iterator[None]:
    """Hold the catalogue for one read-merge-write; a second writer waits."""
    folder = root / "var"
    folder.mkdir(exist_ok=True)
    with (folder / "messages.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


# --- checking ---------------------------------------------------------------------------------------
def placeholders(text: str) -> list[str]:
    """Return what a text is filled with: names sorted, then positional ones in their order."""
    named, positional = set(), []
    for match in PERCENT.finditer(text):
        if match["name"] is not None:
            named.add(f"%({match['name']}){match['kind']}")
        elif match["kind"] != "%":
            positional.append(f"%{match['kind']}")
    with suppress(ValueError):  # A lone brace: not a format string.
        named.update(f"{{{name}}}" for _text, name, _spec, _conv in string.Formatter().parse(text) if name)
    return sorted(named) + positional


def placeholder_error(message: Message) -> str:
    """Return why filling in the translation would fail or lose a fact, or '' when it would not."""
    # Chinese has one form for all counts, so the plural text is the one to match.
    source = message.id if isinstance(message.id, str) else message.id[1]
    target = message.string if isinstance(message.string, str) else (message.string or ("",))[0]
    percent_only = "python-format" in message.flags or "python-brace-format" in message.flags
    if not target or not (percent_only or "%(" in target or "{" in target):
        return ""
    expected, found = placeholders(source), placeholders(target)
    return (
        ""
        if expected == found
        else f"{show(message)} has {expected or 'no'} placeholders, its translation {found}"
    )


def check(root: Path = ROOT) -> Problems:
    """Compare the stored catalogue with the sources without writing anything."""
    problems = Problems()
    merged = merge(extract_messages(root, problems.broken), read_catalog(root))
    for message in merged:
        if not message.id:
            continue
        if not _translated(message):
            problems.missing.append(
                f"{show(message)} ({', '.join(sorted({n for n, _ in message.locations}))})"
            )
        elif message.fuzzy:
            problems.fuzzy.append(show(message))
        elif error := placeholder_error(message):
            problems.broken.append(error)
    problems.obsolete.extend(show(message) for message in merged.obsolete.values())
    return problems


def add_translations(catalog: Catalog, new: dict[str, Any]) -> list[str]:
    """Put {msgid: translation} into the catalogue (context as 'ctx\\u0004msgid'); return what was refused and why."""
    refused = []
    by_key = {_key(message): message for message in catalog if message.id}
    for name, value in new.items():
        context, _separator, msgid = name.rpartition("\x04")
        message = by_key.get((msgid, context or None))
        if message is None:
            refused.append(f"{name!r} is in no source file")
            continue
        before = message.string
        message.string = _fit(value, message)
        if not _translated(message):
            message.string = before
            refused.append(f"{name!r} has an empty translation")
        elif error := placeholder_error(message):
            message.string = before
            refused.append(error)
        else:
            message.flags.discard("fuzzy")
    return refused


# --- command line -----------------------------------------------------------------------------------
def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options, the same for manage.py and for `python -m`."""
    parser.add_argument(
        "--check", action="store_true", help="change nothing; fail on what is missing or out of date"
    )
    parser.add_argument("--compile", action="store_true", help="only write django.mo")
    parser.add_argument("--prune", action="store_true", help="drop texts that are in no source file any more")
    parser.add_argument(
        "--list-missing",
        metavar="PATH",
        nargs="?",
        const="",
        help="print missing texts (of files whose path contains PATH) as JSON to fill in for --add",
    )
    parser.add_argument("--add", metavar="FILE.json", action="append", default=[], help='{"English": "中文"}')


def run(options: dict[str, Any], root: Path = ROOT) -> tuple[list[str], list[str]]:
    """Do what the options ask; return lines to print and complaints (any complaint means failure)."""
    if options["compile"]:
        return [f"Compiled {path.relative_to(root)}" for path in compile_catalogs(root)], []
    if options["check"]:
        return ["Translations checked."], check(root).lines()
    additions: list[dict[str, Any]] = [json.loads(Path(name).read_text("utf-8")) for name in options["add"]]
    broken: list[str] = []
    with locked(root):
        catalog = merge(extract_messages(root, broken), read_catalog(root))
        refused = [line for new in additions for line in add_translations(catalog, new)]
        if options["prune"]:
            catalog.obsolete.clear()
        write_catalog(catalog, root)
    missing = [message for message in catalog if message.id and not _translated(message)]
    if options["list_missing"] is not None:
        missing = [m for m in missing if any(options["list_missing"] in name for name, _line in m.locations)]
        return [json.dumps(_blanks(missing), ensure_ascii=False, indent=1)], broken + refused
    return [
        f"{len(catalog)} texts, {len(missing)} missing, {len(catalog.obsolete)} obsolete."
    ], broken + refused


def _blanks(messages: Iterable[Message]) -> dict[str, Any]:
    keys = ((_key(message), message) for message in messages)
    return {f"{c}\x04{s}" if c else s: [""] if message.pluralizable else "" for (s, c), message in keys}


def main() -> int:
    """Run from the command line without Django's settings."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    lines, complaints = run(vars(parser.parse_args()))
    print("\n".join(lines))
    print("\n".join(complaints), end="\n" if complaints else "", file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
