"""Why a quotation was rejected, and the template everybody starts with."""

from django.db import migrations, models

STANDARD = """<h1 align="center">报价单</h1>
<table border="0"><tbody>
<tr><td width="60%">报价单号：{{ number }}（第 {{ version }} 版）</td><td align="right">报价日期：{{ quoted_on }}</td></tr>
<tr><td>客户名称：<b>{{ customer }}</b></td><td align="right">有效期至：<b>{{ valid_until }}</b></td></tr>
<tr><td>客户地址：{{ customer_address }}</td><td align="right">联系人：{{ contact }} {{ contact_phone }}</td></tr>
</tbody></table>
<p>感谢贵方垂询，现就下列商品报价如下：</p>
<table>
<thead><tr><th width="6%">序号</th><th width="32%">商品名称</th><th width="14%">规格</th><th width="16%">数量</th><th width="11%">单价</th><th width="8%">折扣</th><th width="13%">金额</th></tr></thead>
<tbody>
<tr data-lines=""><td align="center">{{ line.no }}</td><td>{{ line.product }}</td><td>{{ line.packing }}</td><td align="right">{{ line.quantity }} {{ line.unit }}</td><td align="right">{{ line.price }}</td><td align="right">{{ line.discount }}</td><td align="right">{{ line.amount }}</td></tr>
<tr><td colspan="6" align="right">商品小计</td><td align="right">{{ subtotal }}</td></tr>
<tr><td colspan="6" align="right">整单折扣</td><td align="right">{{ discount }}</td></tr>
<tr><td colspan="6" align="right"><b>合计（大写）：{{ total_in_capitals }}</b></td><td align="right"><b>{{ total }}</b></td></tr>
</tbody>
</table>
<h3>商务条款</h3>
<p>{{ terms }}</p>
<p>备注：{{ note }}</p>
<hr>
<table border="0"><tbody>
<tr><td width="50%">报价单位：{{ company }}</td><td>客户确认（签字盖章）：</td></tr>
<tr><td>业务员：{{ rep }} {{ rep_phone }}</td><td>日期：</td></tr>
</tbody></table>"""


def seed(apps, schema_editor):
    template = apps.get_model("sales", "QuoteTemplate")
    if not template.objects.exists():
        template.objects.create(name="标准报价单", html=STANDARD, is_default=True)


class Migration(migrations.Migration):
    dependencies = [("sales", "0005_product_barcodes")]

    operations = [
        migrations.AddField(
            model_name="quote",
            name="reject_reason",
            field=models.CharField(blank=True, max_length=200, verbose_name="reason for the rejection"),
        ),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
