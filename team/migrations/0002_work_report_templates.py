"""What reports are made of from the start; managers change it afterwards (Work reports, Templates)."""

from django.db import migrations

DONE = {"required": True, "draft": "done"}
PLAN = {"required": False, "draft": "plan"}
REST = {"required": False, "draft": ""}

# role ("" everybody else), kind, must be sent, sections: key, label, hint, the rest
TEMPLATES = [
    ("rep", "day", True, [
        ("done", "今日小结", "收工时的一句话", REST),
    ]),
    ("rep", "week", True, [
        ("done", "本周工作", "跑了哪些店，铺了什么货，谁没有跑到、为什么", DONE),
        ("market", "客户与竞品情况", "新开店、价格、促销、陈列", REST),
        ("plan", "下周计划", "先跑谁，要谈成什么", PLAN),
        ("problems", "问题与求助", "需要谁、什么时候、做什么", REST),
    ]),
    ("rep", "month", True, [
        ("done", "本月工作", "目标完成多少，差在哪里", DONE),
        ("market", "客户与竞品情况", "新开店、流失客户、价格、促销", REST),
        ("plan", "下月计划", "目标、重点客户、重点产品", PLAN),
        ("problems", "问题与求助", "需要谁、什么时候、做什么", REST),
    ]),
    ("manager", "day", False, [
        ("done", "今日工作", "", DONE),
        ("team", "团队情况", "谁需要帮助，谁做得好", REST),
        ("plan", "明日计划", "", PLAN),
    ]),
    ("manager", "week", True, [
        ("done", "本周团队业绩", "目标、完成、差距和原因", DONE),
        ("team", "团队情况", "谁需要帮助，谁做得好", REST),
        ("plan", "下周重点", "", {**PLAN, "required": True}),
        ("problems", "需要公司支持", "", REST),
    ]),
    ("manager", "month", True, [
        ("done", "本月团队业绩", "目标、完成、差距和原因", DONE),
        ("team", "团队情况", "人员、带教、离职风险", REST),
        ("plan", "下月目标与重点", "", {**PLAN, "required": True}),
        ("problems", "需要公司支持", "", REST),
    ]),
    ("", "day", False, [
        ("done", "今日工作", "", DONE),
        ("plan", "明日计划", "", PLAN),
        ("problems", "问题与求助", "", REST),
    ]),
    ("", "week", False, [
        ("done", "本周工作", "", DONE),
        ("plan", "下周计划", "", PLAN),
        ("problems", "问题与建议", "", REST),
    ]),
    ("", "month", True, [
        ("done", "本月工作", "", DONE),
        ("plan", "下月计划", "", PLAN),
        ("problems", "问题与建议", "", REST),
    ]),
]  # fmt: skip


def seed(apps, schema_editor):
    template = apps.get_model("team", "WorkReportTemplate")
    template.objects.bulk_create(
        [
            template(
                role=role,
                kind=kind,
                is_due=is_due,
                sections=[
                    {"key": key, "label": label, "hint": hint, **rest} for key, label, hint, rest in sections
                ],
            )
            for role, kind, is_due, sections in TEMPLATES
        ],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [("team", "0001_initial")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
