from django.forms.renderers import TemplatesSetting


class FormRenderer(TemplatesSetting):
    """Forms and fields drawn by our own templates: labels, help and errors look alike everywhere."""

    form_template_name = "common/form_fields.html"
    field_template_name = "common/field.html"
