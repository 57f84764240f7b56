"""An operation for migrations that make many tables at once."""

from typing import Any

from django.db.migrations import CreateModel
from django.db.migrations.operations.base import Operation


class CreateModels(Operation):
    """`models` (CreateModel operations) as one step.

    After each CreateModel Django builds the classes of all models that are in any way related anew, which is nearly
    all of ours: thirty tables take thirty times as long as one. Here that happens once, at the end.
    """

    reversible = True

    def __init__(self, models: list[CreateModel]) -> None:
        self.models = models

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.__dict__.pop("apps", None)  # built anew when next asked for
        for create in self.models:
            create.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for create in self.models:
            create.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for create in reversed(self.models):
            create.database_backwards(app_label, schema_editor, from_state, to_state)

    def references_model(self, name: str, app_label: str) -> bool:
        return any(create.references_model(name, app_label) for create in self.models)

    def describe(self) -> str:
        return f"Create {len(self.models)} models"
