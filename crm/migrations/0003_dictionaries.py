"""Choices a distributor can start with (A7); the administrator changes them afterwards, regions are his own."""

from django.db import migrations

CHOICES = {
    "channel": [
        "便利店",
        "商超",
        "餐饮",
        "批发",
        "烟酒店",
        "食杂店",
        "学校",
        "酒店",
        "娱乐场所",
        "线上",
        "其他",
    ],
    "industry": ["食品饮料", "酒类", "烟草", "日化", "粮油调味", "乳制品", "休闲零食", "餐饮服务", "其他"],
    "scale": ["大型", "中型", "小型", "夫妻店"],
    "type": ["零售终端", "批发商", "分销商", "团购客户", "连锁总部", "连锁门店"],
    "source": ["业务员开发", "客户介绍", "主动上门", "展会", "网络", "厂家分配", "批量导入", "其他"],
    "maturity": ["初步接触", "有意向", "试销", "稳定合作", "深度合作"],
    "relationship": ["陌生", "一般", "良好", "紧密"],
    "credit_rating": ["AAA", "AA", "A", "B", "C", "现款现货"],
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
    dependencies = [("crm", "0002_search_index")]

    # Going back keeps the choices: customers may use them already.
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
