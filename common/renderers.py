from typing import Any

from django.forms.renderers import TemplatesSetting
from django.utils.html import conditional_escape as escape
from django.utils.safestring import SafeString, mark_safe

# Django's templates of one <input>, which are all the same: a filter form of eleven included 22 files.
_INPUTS = frozenset(
    f"django/forms/widgets/{kind}.html"
    for kind in (
        *("text", "number", "email", "url", "tel", "search", "color", "password", "hidden", "input"),
        *("date", "datetime", "time", "file", "checkbox"),
    )
)


def draw_input(widget: dict[str, Any]) -> SafeString:
    """What Django's input.html draws of a widget's context, in one string."""
    parts = [f'<input type="{escape(widget["type"])}" name="{escape(widget["name"])}"']
    if widget["value"] is not None:
        parts.append(f' value="{escape(widget["value"])}"')
    for name, value in widget["attrs"].items():
        if value is True:
            parts.append(f" {name}")
        elif value is not False:
            parts.append(f' {name}="{escape(value)}"')
    return mark_safe("".join((*parts, ">")))  # noqa: S308 - names of attributes are ours, the rest is escaped


class FormRenderer(TemplatesSetting):
    """Forms and fields drawn by our own templates: labels, help and errors look alike everywhere."""

    form_template_name = "common/form_fields.html"
    field_template_name = "common/field.html"

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> Any:
        if template_name in _INPUTS:
            return draw_input(context["widget"])
        return super().render(template_name, context, request)
