"""What import-linter cannot see: relations named by strings, and whether it was told about every app."""

import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
CONTRACTS = {contract["id"]: contract for contract in LINTER["contracts"]}
# From top to bottom; the one list that import-linter's contract and these tests share.
HOUSE: list[str] = CONTRACTS["house"]["layers"]
NOT_APPS = {"tests", "benchmarks"}


def upward_relations(labels, house):
    """Return "lower.Model.field → upper.Model" for each relation of the given apps that points up the house."""
    floor = {label: -position for position, label in enumerate(house)}
    found = []
    for label in labels:
        for model in apps.get_app_config(label).get_models(include_auto_created=True):
            for field in model._meta.get_fields():
                if not field.is_relation or field.auto_created or not isinstance(field.related_model, type):
                    continue
                target = field.related_model._meta
                if floor.get(target.app_label, -len(house)) > floor[label]:
                    found.append(f"{model._meta.label}.{field.name} → {target.label}")
    return found


def our_apps():
    return [label for label in HOUSE if label in apps.app_configs]


def test_no_relation_points_to_a_higher_app():
    assert upward_relations(our_apps(), HOUSE) == []


def test_the_walk_sees_relations():
    """Turned upside down, the house has plenty of upward relations: an empty list would mean a blind walk."""
    assert len(upward_relations(our_apps(), HOUSE[::-1])) > 5


def test_every_package_has_a_floor():
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - NOT_APPS
    assert packages == set(HOUSE)
    assert set(LINTER["root_packages"]) == set(HOUSE)


def test_contracts_cover_every_app():
    inside_rules = set(HOUSE) - {"config", "common"}
    assert set(CONTRACTS["rooms"]["containers"]) == inside_rules
    doors = CONTRACTS["doors"]["ignore_imports"]
    assert {f"{app}.** -> {app}.**" for app in inside_rules | {"config"}} <= set(doors)


@pytest.mark.parametrize("label", [label for label in HOUSE if label != "config"])
def test_every_app_is_installed(label):
    assert label in apps.app_configs


def test_documentation_names_every_app():
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    assert [label for label in HOUSE if f"{label}/" not in text] == []
