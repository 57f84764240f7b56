"""Files that commands are given and leave behind (interfaces.md, "Commands")."""

import json
from pathlib import Path

from django.core.management.base import CommandError
from django.db.models.fields.files import FieldFile


def read_mapping(file: Path) -> dict[str, str]:
    """The JSON object {head in the file: our field} of `--mapping`; heads without a field are left out.

    Raises CommandError (exit code 2) for what is none.
    """
    try:
        mapping = json.loads(file.read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise CommandError(f"--mapping: {error}", returncode=2) from error
    if not isinstance(mapping, dict) or not all(isinstance(value, str) for value in mapping.values()):
        raise CommandError('--mapping: not a JSON object like {"店名": "name"}', returncode=2)
    return {head: field for head, field in mapping.items() if field}


def where_stored(file: FieldFile) -> str:
    """The path of a stored file, its name where the storage is no folder of this machine, "" for none."""
    if not file:
        return ""
    try:
        return str(file.path)
    except NotImplementedError:
        return str(file.name)
