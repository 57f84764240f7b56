"""Choices for follow-ups a distributor can start with (A7); the administrator changes them afterwards."""

from django.db import migrations

CHOICES = {
    "follow_method": ["上门", "电话", "微信", "短信", "邮件", "展会", "其他"],
    "follow_stage": ["初次接触", "需求确认", "报价", "谈判", "成交", "售后"],
    "material": ["产品目录", "价格表", "样品", "宣传单页", "促销政策", "合同样本"],
}


def seed(apps, schema_editor):
    dictionary = apps.get_model("crm", "Dictionary")
    dictionary.objects.bulk_create(
        [
            dictionary(kind=kind, name=name, position=position)
            for kind, names in CHOICES.items()
            for position, name in enumerate(names, start=1)
        ],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [("crm", "0006_leads_pool_follow_ups")]

    # Going back keeps the choices: follow-ups may use them already.
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
