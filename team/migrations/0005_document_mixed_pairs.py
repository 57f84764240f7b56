"""Documents written before get the pairs of a Chinese sign and a letter or digit among their grams."""

from django.db import migrations

from common.names import folded_grams, gram_numbers
from team.rules.documents import mixed_pairs

TEXTS = ("title_text", "body_text", "files_text")


def add_pairs(apps, schema_editor):
    documents = apps.get_model("team", "Document").objects.using(schema_editor.connection.alias)
    for document in documents.only("pk", *TEXTS).order_by("pk").iterator(chunk_size=200):
        text = "\n".join(getattr(document, name) for name in TEXTS)
        # What the column holds is what the search's code asks for, so that code is asked here as well.
        grams = gram_numbers([*folded_grams(text), *mixed_pairs(text)])
        documents.filter(pk=document.pk).update(search_grams=grams)


class Migration(migrations.Migration):
    dependencies = [("team", "0004_work_reports_of_days")]

    operations = [migrations.RunPython(add_pairs, migrations.RunPython.noop)]
