from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sales", "0009_approval_reasons"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["-issued_on", "-id"], name="delivery_day"),
        ),
        migrations.AddIndex(
            model_name="receipt",
            index=models.Index(fields=["-received_on", "-id"], name="receipt_day"),
        ),
    ]
