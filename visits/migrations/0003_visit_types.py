"""A visit type, frequencies and phrases that a distributor can start with; the administrator changes them afterwards."""

from django.db import migrations

STEPS = [
    ("photo", False),
    ("stock_count", False),
    ("order", False),
    ("van_sale", False),
    ("return", False),
    ("receipt", False),
    ("display", False),
    ("sell_out", False),
    ("competitor", False),
    ("maturity", False),
    ("summary", False),
]
FREQUENCIES = {"A": 4, "B": 2, "C": 1}
PHRASES = {
    "summary": ["老板不在，改天再来", "陈列已整理，缺货已补", "新品已介绍，客户考虑中", "竞品在做促销"],
    "skip": ["店铺关门", "客户改约", "时间不够", "天气原因"],
    "outside": ["门店已搬迁，位置待更新", "店内无信号，在门口定位", "仓库交货，不在门店"],
}


def seed(apps, schema_editor):
    visit_type, made = apps.get_model("visits", "VisitType").objects.get_or_create(
        name="标准拜访", defaults={"is_default": True}
    )
    if made:
        step = apps.get_model("visits", "VisitStep")
        step.objects.bulk_create(
            step(visit_type=visit_type, kind=kind, is_required=required, position=position)
            for position, (kind, required) in enumerate(STEPS, start=1)
        )
    frequency = apps.get_model("visits", "LevelFrequency")
    frequency.objects.bulk_create(
        (frequency(level=level, visits=visits) for level, visits in FREQUENCIES.items()),
        ignore_conflicts=True,
    )
    phrase = apps.get_model("visits", "Phrase")
    phrase.objects.bulk_create(
        phrase(use=use, text=text, position=position)
        for use, texts in PHRASES.items()
        for position, text in enumerate(texts, start=1)
    )


class Migration(migrations.Migration):
    dependencies = [("visits", "0002_in_store_plans_reports")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
