"""All of what it replaces in one step, for new databases: each table is made once instead of being changed again
and again. A database that has some of the old migrations goes on with them."""

from decimal import Decimal
from importlib import import_module

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.comparison
from django.conf import settings
from django.db import migrations, models

from common.create_models import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ("sales", "0001_initial"),
        ("sales", "0002_order_imports"),
        ("sales", "0003_sales_stock_money"),
        ("sales", "0004_books_from_slips"),
        ("sales", "0005_product_barcodes"),
        ("sales", "0006_quote_templates"),
        ("sales", "0007_reversal_days"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0003_sales_stock_money"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("crm", "0007_follow_up_dictionaries"),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="ProductCategory",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=60, unique=True, verbose_name="name")),
                        ("position", models.PositiveIntegerField(default=0, verbose_name="order")),
                        (
                            "parent",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="children",
                                to="sales.productcategory",
                                verbose_name="belongs to",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "product category",
                        "verbose_name_plural": "product categories",
                        "ordering": ["position", "pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("parent__isnull", True),
                                    models.Q(("parent", models.F("pk")), _negated=True),
                                    _connector="OR",
                                ),
                                name="category_not_its_own_parent",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OrderImport",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("file", models.FileField(upload_to="imports/%Y/%m/")),
                        ("file_name", models.CharField(max_length=200, verbose_name="file")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("uploaded", "Uploaded"),
                                    ("previewing", "Checking"),
                                    ("previewed", "Checked"),
                                    ("queued", "Waiting"),
                                    ("running", "Running"),
                                    ("done", "Done"),
                                    ("failed", "Failed"),
                                    ("cancelled", "Cancelled"),
                                    ("undone", "Undone"),
                                ],
                                default="uploaded",
                                max_length=12,
                                verbose_name="state",
                            ),
                        ),
                        ("mapping", models.JSONField(default=dict)),
                        (
                            "create_missing",
                            models.BooleanField(
                                default=False, verbose_name="create unknown customers and products"
                            ),
                        ),
                        ("preview", models.JSONField(default=dict)),
                        ("rows", models.PositiveIntegerField(default=0, verbose_name="rows")),
                        ("orders", models.PositiveIntegerField(default=0, verbose_name="orders")),
                        ("orders_done", models.PositiveIntegerField(default=0)),
                        ("created", models.PositiveIntegerField(default=0, verbose_name="new")),
                        ("skipped", models.PositiveIntegerField(default=0, verbose_name="skipped")),
                        ("failed", models.PositiveIntegerField(default=0, verbose_name="failed")),
                        ("error_report", models.FileField(blank=True, upload_to="imports/%Y/%m/")),
                        ("message", models.CharField(blank=True, max_length=400)),
                        ("attempts", models.PositiveSmallIntegerField(default=0, editable=False)),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="time")),
                        ("heartbeat_at", models.DateTimeField(null=True)),
                        ("finished_at", models.DateTimeField(null=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="order_imports",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="person",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "order import",
                        "verbose_name_plural": "order imports",
                        "ordering": ["-pk"],
                    },
                ),
                migrations.CreateModel(
                    name="Agreement",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "number",
                            models.CharField(max_length=40, unique=True, verbose_name="agreement number"),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[("dealer", "Dealer agreement"), ("agent", "Agent agreement")],
                                default="dealer",
                                max_length=10,
                                verbose_name="kind",
                            ),
                        ),
                        ("title", models.CharField(max_length=120, verbose_name="title")),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("draft", "Draft"),
                                    ("active", "In force"),
                                    ("ended", "Ended early"),
                                ],
                                default="draft",
                                max_length=10,
                                verbose_name="status",
                            ),
                        ),
                        ("territory", models.CharField(blank=True, max_length=200, verbose_name="territory")),
                        ("clauses", models.TextField(blank=True, verbose_name="clauses")),
                        ("starts_on", models.DateField(verbose_name="from")),
                        ("ends_on", models.DateField(verbose_name="until")),
                        ("signed_on", models.DateField(blank=True, null=True, verbose_name="signed on")),
                        ("signed_by", models.CharField(blank=True, max_length=60, verbose_name="signed by")),
                        (
                            "yearly_amount",
                            models.DecimalField(
                                blank=True,
                                decimal_places=2,
                                max_digits=14,
                                null=True,
                                verbose_name="agreed yearly amount",
                            ),
                        ),
                        (
                            "deposit",
                            models.DecimalField(
                                blank=True, decimal_places=2, max_digits=14, null=True, verbose_name="deposit"
                            ),
                        ),
                        (
                            "remind_days",
                            models.PositiveSmallIntegerField(
                                default=30, verbose_name="remind before the end (days)"
                            ),
                        ),
                        ("reminded_at", models.DateTimeField(editable=False, null=True)),
                        ("ended_on", models.DateField(blank=True, null=True, verbose_name="ended on")),
                        (
                            "end_reason",
                            models.CharField(blank=True, max_length=200, verbose_name="reason for the end"),
                        ),
                        ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="agreements",
                                to="crm.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "renews",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="renewed_by",
                                to="sales.agreement",
                                verbose_name="renews",
                            ),
                        ),
                        (
                            "rep",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="agreements",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="rep",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "agreement",
                        "verbose_name_plural": "agreements",
                        "ordering": ["-starts_on", "-pk"],
                        "permissions": [("export_agreement", "Can export agreements")],
                        "indexes": [
                            models.Index(fields=["customer", "-starts_on"], name="agreement_customer"),
                            models.Index(
                                condition=models.Q(("status", "active")),
                                fields=["ends_on"],
                                name="agreement_end",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("ends_on__gte", models.F("starts_on"))),
                                name="agreement_dates",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CollectionNote",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("text", models.CharField(max_length=500, verbose_name="what was said")),
                        ("promised_on", models.DateField(blank=True, null=True, verbose_name="promised for")),
                        (
                            "promised_amount",
                            models.DecimalField(
                                blank=True,
                                decimal_places=2,
                                max_digits=14,
                                null=True,
                                verbose_name="promised amount",
                            ),
                        ),
                        ("reminded_at", models.DateTimeField(editable=False, null=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="time")),
                        (
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="collection_notes",
                                to="crm.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "rep",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="collection_notes",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="rep",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "collection note",
                        "verbose_name_plural": "collection notes",
                        "ordering": ["-created_at", "-pk"],
                        "indexes": [
                            models.Index(fields=["customer", "-created_at"], name="collection_customer"),
                            models.Index(
                                condition=models.Q(("reminded_at__isnull", True)),
                                fields=["promised_on"],
                                name="collection_promise",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CustomerTerms",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "payment_days",
                            models.PositiveSmallIntegerField(
                                blank=True, null=True, verbose_name="days to pay"
                            ),
                        ),
                        (
                            "temporary_limit",
                            models.DecimalField(
                                blank=True,
                                decimal_places=2,
                                max_digits=14,
                                null=True,
                                verbose_name="temporary credit limit",
                            ),
                        ),
                        (
                            "temporary_from",
                            models.DateField(blank=True, null=True, verbose_name="temporary limit from"),
                        ),
                        (
                            "temporary_until",
                            models.DateField(blank=True, null=True, verbose_name="temporary limit until"),
                        ),
                        ("is_blocked", models.BooleanField(default=False, verbose_name="no more on credit")),
                        ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed at")),
                        (
                            "customer",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="terms",
                                to="crm.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "updated_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "payment terms",
                        "verbose_name_plural": "payment terms",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("temporary_limit__isnull", True),
                                    models.Q(
                                        ("temporary_from__isnull", False),
                                        ("temporary_limit__gte", 0),
                                        ("temporary_until__gte", models.F("temporary_from")),
                                        ("temporary_until__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="terms_temporary_limit_whole",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="FinanceSlip",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("order", "Sales order"),
                                    ("delivery", "Delivery"),
                                    ("return", "Sales return"),
                                    ("receipt", "Receipt"),
                                    ("refund", "Refund"),
                                    ("cost", "Cost"),
                                ],
                                max_length=10,
                                verbose_name="kind",
                            ),
                        ),
                        ("object_id", models.BigIntegerField()),
                        ("number", models.CharField(max_length=40, verbose_name="number")),
                        (
                            "amount",
                            models.DecimalField(decimal_places=2, max_digits=14, verbose_name="amount"),
                        ),
                        ("arrived_at", models.DateTimeField(auto_now_add=True, verbose_name="arrived at")),
                        (
                            "checked_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="checked at"),
                        ),
                        ("remark", models.CharField(blank=True, max_length=300, verbose_name="remark")),
                        (
                            "checked_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="finance_slips",
                                to="crm.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "rep",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="finance_slips",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="rep",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "slip for finance",
                        "verbose_name_plural": "slips for finance",
                        "ordering": ["-arrived_at", "-pk"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("checked_at__isnull", True)),
                                fields=["-arrived_at"],
                                name="finance_slip_unchecked",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("kind", "object_id"), name="finance_slip_unique")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PriceList",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "level",
                            models.CharField(
                                blank=True,
                                choices=[("A", "A"), ("B", "B"), ("C", "C")],
                                max_length=1,
                                verbose_name="level",
                            ),
                        ),
                        ("starts_on", models.DateField(blank=True, null=True, verbose_name="valid from")),
                        ("ends_on", models.DateField(blank=True, null=True, verbose_name="valid until")),
                        ("is_active", models.BooleanField(default=True, verbose_name="in use")),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        ("name", models.CharField(max_length=80, unique=True, verbose_name="name")),
                        ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                        (
                            "channel",
                            models.ForeignKey(
                                blank=True,
                                limit_choices_to={"kind": "channel"},
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="crm.dictionary",
                                verbose_name="channel",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)ss",
                                to="crm.customer",
                                verbose_name="customer",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "price list",
                        "verbose_name_plural": "price lists",
                        "ordering": ["name"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("starts_on__isnull", True),
                                    ("ends_on__isnull", True),
                                    ("ends_on__gte", models.F("starts_on")),
                                    _connector="OR",
                                ),
                                name="price_list_dates",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="QuoteTemplate",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=60, unique=True, verbose_name="name")),
                        ("html", models.TextField(verbose_name="text")),
                        (
                            "is_default",
                            models.BooleanField(default=False, verbose_name="used when nobody chooses"),
                        ),
                        ("is_active", models.BooleanField(default=True, verbose_name="in use")),
                    ],
                    options={
                        "verbose_name": "quotation template",
                        "verbose_name_plural": "quotation templates",
                        "ordering": ["name"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("is_default", True)),
                                fields=("is_default",),
                                name="quote_template_one_default",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="StockLocation",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(max_length=40, unique=True, verbose_name="code")),
                        ("name", models.CharField(max_length=60, verbose_name="name")),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("warehouse", "Warehouse"),
                                    ("van", "Van"),
                                    ("customer", "Customers"),
                                    ("supplier", "Suppliers"),
                                    ("loss", "Losses"),
                                ],
                                max_length=10,
                                verbose_name="kind",
                            ),
                        ),
                        (
                            "may_be_negative",
                            models.BooleanField(default=False, verbose_name="may go below zero"),
                        ),
                        (
                            "is_default",
                            models.BooleanField(default=False, verbose_name="orders are delivered from here"),
                        ),
                        ("is_active", models.BooleanField(default=True, verbose_name="in use")),
                        (
                            "rep",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="vans",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="rep",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "stock location",
                        "verbose_name_plural": "stock locations",
                        "ordering": ["kind", "code"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("is_default", True)),
                                fields=("is_default",),
                                name="stock_location_one_default",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("is_active", True), ("kind", "van")),
                                fields=("rep",),
                                name="stock_location_one_van",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("kind", "van"), _negated=True),
                                    ("may_be_negative", False),
                                    _connector="OR",
                                ),
                                name="stock_location_van_never_negative",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("is_default", False), ("kind", "warehouse"), _connector="OR"
                                ),
                                name="stock_location_default_warehouse",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Product",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(max_length=40, unique=True, verbose_name="code")),
                        ("name", models.CharField(max_length=120, verbose_name="product name")),
                        (
                            "barcode",
                            models.CharField(
                                blank=True, db_index=True, max_length=40, verbose_name="barcode"
                            ),
                        ),
                        ("unit", models.CharField(default="瓶", max_length=10, verbose_name="unit")),
                        ("box_unit", models.CharField(blank=True, max_length=10, verbose_name="box unit")),
                        (
                            "box_quantity",
                            models.PositiveIntegerField(default=0, verbose_name="units in a box"),
                        ),
                        (
                            "price",
                            models.DecimalField(
                                decimal_places=2,
                                default=Decimal("0"),
                                max_digits=12,
                                validators=[django.core.validators.MinValueValidator(0)],
                                verbose_name="price per unit",
                            ),
                        ),
                        ("is_active", models.BooleanField(default=True, verbose_name="on sale")),
                        ("search_text", models.CharField(default="", editable=False, max_length=300)),
                        (
                            "category",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="products",
                                to="sales.productcategory",
                                verbose_name="category",
                            ),
                        ),
                        (
                            "box_barcode",
                            models.CharField(
                                blank=True, db_index=True, max_length=40, verbose_name="barcode of the box"
                            ),
                        ),
                        ("brand", models.CharField(blank=True, max_length=40, verbose_name="brand")),
                        (
                            "cost",
                            models.DecimalField(
                                blank=True,
                                decimal_places=2,
                                max_digits=12,
                                null=True,
                                validators=[django.core.validators.MinValueValidator(0)],
                                verbose_name="cost per unit",
                            ),
                        ),
                        (
                            "floor_price",
                            models.DecimalField(
                                blank=True,
                                decimal_places=2,
                                max_digits=12,
                                null=True,
                                validators=[django.core.validators.MinValueValidator(0)],
                                verbose_name="lowest price",
                            ),
                        ),
                        (
                            "picture",
                            models.ImageField(
                                blank=True, upload_to="products/%Y/%m/", verbose_name="picture"
                            ),
                        ),
                        (
                            "shelf_life_days",
                            models.PositiveIntegerField(
                                blank=True, null=True, verbose_name="shelf life (days)"
                            ),
                        ),
                        (
                            "specification",
                            models.CharField(blank=True, max_length=60, verbose_name="specification"),
                        ),
                    ],
                    options={
                        "verbose_name": "product",
                        "verbose_name_plural": "products",
                        "ordering": ["code"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("barcode", ""), _negated=True),
                                fields=("barcode",),
                                name="product_barcode_unique",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("box_barcode", ""), _negated=True),
                                fields=("box_barcode",),
                                name="product_box_barcode_unique",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("barcode", ""),
                                    models.Q(("barcode", models.F("box_barcode")), _negated=True),
                                    _connector="OR",
                                ),
                                name="product_barcodes_differ",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("price__gte", 0),
                                    models.Q(
                                        ("floor_price__isnull", True),
                                        ("floor_price__gte", 0),
                                        _connector="OR",
                                    ),
                                    models.Q(("cost__isnull", True), ("cost__gte", 0), _connector="OR"),
                                ),
                                name="product_prices_not_negative",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SalesOrder",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.CharField(max_length=40, unique=True, verbose_name="order number")),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("draft", "Draft"),
                                    ("submitted", "Submitted"),
                                    ("approved", "Approved"),
                                    ("partly_delivered", "Partly delivered"),
                                    ("delivered", "Delivered"),
                                    ("closed", "Closed"),
                                    ("cancelled", "Cancelled"),
                                ],
                                default="draft",
                                max_length=20,
                                verbose_name="status",
                            ),
                        ),
                        ("ordered_on", models.DateField(verbose_name="order date")),
                        (
                            "discount",
                            models.DecimalField(
                                decimal_places=4,
                                default=Decimal("0"),
                                max_digits=5,
                                verbose_name="order discount",
                            ),
                        ),
                        (
                            "total",
                            models.DecimalField(
                                decimal_places=2, default=Decimal("0"), max_digits=14, verbose_name="total"
                            ),
                        ),
                        ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                        ("client_uuid", models.UUIDField(blank=True, editable=False, null=True, unique=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        (
                            "submitted_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="submitted at"),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="orders",
                                to="crm.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "rep",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="orders",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="rep",
                            ),
                        ),
                        (
                            "order_import",
                            models.ForeignKey(
                                blank=True,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="imported_orders",
                                to="sales.orderimport",
                                verbose_name="order import",
                            ),
                        ),
                        (
                            "approval_reason",
                            models.CharField(
                                blank=True, max_length=300, verbose_name="needs approval because"
                            ),
                        ),
                        (
                            "approved_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="approved at"),
                        ),
                        (
                            "approved_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="approved by",
                            ),
                        ),
                        ("consignee", models.CharField(blank=True, max_length=60, verbose_name="consignee")),
                        (
                            "consignee_phone",
                            models.CharField(blank=True, max_length=40, verbose_name="consignee's phone"),
                        ),
                        ("consignor", models.CharField(blank=True, max_length=60, verbose_name="consignor")),
                        (
                            "delivery_address",
                            models.CharField(blank=True, max_length=200, verbose_name="delivery address"),
                        ),
                        (
                            "exposure",
                            models.DecimalField(
                                blank=True,
                                decimal_places=2,
                                max_digits=14,
                                null=True,
                                verbose_name="exposure when submitted",
                            ),
                        ),
                        (
                            "invoice_number",
                            models.CharField(blank=True, max_length=40, verbose_name="invoice number"),
                        ),
                        (
                            "payment_method",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("cash", "Cash"),
                                    ("wechat", "WeChat Pay"),
                                    ("alipay", "Alipay"),
                                    ("transfer", "Bank transfer"),
                                    ("cheque", "Cheque"),
                                ],
                                max_length=12,
                                verbose_name="payment method",
                            ),
                        ),
                        ("revision", models.PositiveIntegerField(default=1, editable=False)),
                        (
                            "shipping_method",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("own_truck", "Our own truck"),
                                    ("van", "The rep's van"),
                                    ("logistics", "Freight forwarder"),
                                    ("express", "Express parcel"),
                                    ("pick_up", "Customer picks up"),
                                ],
                                max_length=12,
                                verbose_name="shipping method",
                            ),
                        ),
                        (
                            "source",
                            models.CharField(
                                choices=[
                                    ("office", "Office"),
                                    ("phone", "Phone page"),
                                    ("visit", "In a visit"),
                                    ("quote", "From a quotation"),
                                    ("history", "Imported history"),
                                ],
                                default="office",
                                max_length=10,
                                verbose_name="written",
                            ),
                        ),
                        ("wanted_on", models.DateField(blank=True, null=True, verbose_name="wanted on")),
                    ],
                    options={
                        "verbose_name": "sales order",
                        "verbose_name_plural": "sales orders",
                        "ordering": ["-ordered_on", "-pk"],
                        "permissions": [
                            ("approve_salesorder", "Can approve sales orders"),
                            ("export_salesorder", "Can export sales orders"),
                            ("import_salesorder", "Can import an order history"),
                            (
                                "approve_credit",
                                "Can approve orders over the credit limit or below the lowest price",
                            ),
                        ],
                        "indexes": [
                            models.Index(fields=["customer", "-ordered_on"], name="order_customer_day"),
                            models.Index(fields=["rep", "-ordered_on"], name="order_rep_day"),
                            models.Index(fields=["-ordered_on", "-id"], name="order_day"),
                            models.Index(
                                condition=models.Q(
                                    ("status__in", ["submitted", "approved", "partly_delivered"])
                                ),
                                fields=["status", "-ordered_on"],
                                name="order_open",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("discount__gte", 0), ("discount__lte", 1)),
                                name="order_discount_0_to_1",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("total__gte", 0)), name="order_total_not_negative"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OrderImportLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("row", models.PositiveIntegerField()),
                        ("number", models.CharField(blank=True, max_length=40)),
                        ("cells", models.JSONField(default=list)),
                        ("error", models.CharField(blank=True, max_length=300)),
                        ("done", models.BooleanField(default=False)),
                        (
                            "job",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="lines",
                                to="sales.orderimport",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "order import line",
                        "verbose_name_plural": "order import lines",
                        "ordering": ["row"],
                        "indexes": [
                            models.Index(fields=["job", "number", "row"], name="order_import_line_number")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AgreementFile",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[("attachment", "Attachment"), ("signature", "Signed scan")],
                                default="attachment",
                                max_length=12,
                                verbose_name="kind",
                            ),
                        ),
                        ("file", models.FileField(upload_to="agreements/%Y/%m/", verbose_name="file")),
                        ("name", models.CharField(max_length=200, verbose_name="name")),
                        ("size", models.PositiveIntegerField(verbose_name="size")),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        (
                            "agreement",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="files",
                                to="sales.agreement",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "agreement file",
                        "verbose_name_plural": "agreement files",
                        "ordering": ["pk"],
                    },
                ),
                migrations.CreateModel(
                    name="DaySettlement",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "number",
                            models.CharField(max_length=40, unique=True, verbose_name="settlement number"),
                        ),
                        ("day", models.DateField(verbose_name="day")),
                        (
                            "status",
                            models.CharField(
                                choices=[("open", "Open"), ("settled", "Settled")],
                                default="open",
                                max_length=10,
                                verbose_name="status",
                            ),
                        ),
                        (
                            "cash_expected",
                            models.DecimalField(
                                decimal_places=2,
                                default=Decimal("0"),
                                max_digits=14,
                                verbose_name="cash received",
                            ),
                        ),
                        (
                            "cash_counted",
                            models.DecimalField(
                                blank=True,
                                decimal_places=2,
                                max_digits=14,
                                null=True,
                                verbose_name="cash handed over",
                            ),
                        ),
                        (
                            "cash_reason",
                            models.CharField(
                                blank=True, max_length=200, verbose_name="reason for the cash difference"
                            ),
                        ),
                        ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        (
                            "settled_at",
                            models.DateTimeField(blank=True, null=True, verbose_name="settled at"),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "rep",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="settlements",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="rep",
                            ),
                        ),
                        (
                            "settled_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "location",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="settlements",
                                to="sales.stocklocation",
                                verbose_name="van",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "day settlement",
                        "verbose_name_plural": "day settlements",
                        "ordering": ["-day", "-pk"],
                        "permissions": [("approve_daysettlement", "Can settle vans' days")],
                        "constraints": [
                            models.UniqueConstraint(fields=("location", "day"), name="settlement_unique")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="StockDocument",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "number",
                            models.CharField(max_length=40, unique=True, verbose_name="document number"),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("receipt", "Goods received"),
                                    ("load", "Van load"),
                                    ("unload", "Van unload"),
                                    ("transfer", "Transfer"),
                                    ("count", "Stock count"),
                                    ("loss", "Loss"),
                                ],
                                max_length=10,
                                verbose_name="kind",
                            ),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("draft", "Draft"),
                                    ("posted", "Posted"),
                                    ("reversed", "Reversed"),
                                    ("cancelled", "Cancelled"),
                                ],
                                default="draft",
                                max_length=10,
                                verbose_name="status",
                            ),
                        ),
                        ("happened_on", models.DateField(verbose_name="date")),
                        ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                        ("client_uuid", models.UUIDField(blank=True, editable=False, null=True, unique=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        ("posted_at", models.DateTimeField(blank=True, null=True, verbose_name="posted at")),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "posted_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "rep",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="stock_documents",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="rep",
                            ),
                        ),
                        (
                            "source",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="sales.stocklocation",
                                verbose_name="from",
                            ),
                        ),
                        (
                            "target",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="sales.stocklocation",
                                verbose_name="to",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "stock document",
                        "verbose_name_plural": "stock documents",
                        "ordering": ["-happened_on", "-pk"],
                        "permissions": [
                            ("post_stockdocument", "Can post stock documents"),
                            ("count_van", "Can count, load and unload the own van"),
                        ],
                        "indexes": [
                            models.Index(fields=["kind", "-happened_on"], name="stock_document_kind_day"),
                            models.Index(fields=["rep", "-happened_on"], name="stock_document_rep_day"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Target",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("year", models.PositiveSmallIntegerField(verbose_name="year")),
                        ("month", models.PositiveSmallIntegerField(verbose_name="month")),
                        (
                            "measure",
                            models.CharField(
                                choices=[
                                    ("new_customers", "New customers"),
                                    ("order_amount", "Order amount"),
                                    ("sales_amount", "Sales amount"),
                                    ("receipts", "Money received"),
                                    ("visits", "Visits"),
                                    ("category_amount", "Order amount of a category"),
                                ],
                                max_length=20,
                                verbose_name="measure",
                            ),
                        ),
                        (
                            "value",
                            models.DecimalField(decimal_places=2, max_digits=16, verbose_name="target"),
                        ),
                        ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed at")),
                        (
                            "category",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="targets",
                                to="sales.productcategory",
                                verbose_name="category",
                            ),
                        ),
                        (
                            "department",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="targets",
                                to="accounts.department",
                                verbose_name="department",
                            ),
                        ),
                        (
                            "rep",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="targets",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="rep",
                            ),
                        ),
                        (
                            "updated_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "target",
                        "verbose_name_plural": "targets",
                        "ordering": ["year", "month", "measure", "pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                models.F("year"),
                                models.F("month"),
                                models.F("measure"),
                                django.db.models.functions.comparison.Coalesce("category", 0),
                                django.db.models.functions.comparison.Coalesce("department", 0),
                                django.db.models.functions.comparison.Coalesce("rep", 0),
                                name="target_unique",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("month__gte", 1), ("month__lte", 12)), name="target_month"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("value__gte", 0)), name="target_not_negative"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("department__isnull", True), ("rep__isnull", True), _connector="OR"
                                ),
                                name="target_one_scope",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("category__isnull", False), ("measure", "category_amount")),
                                    models.Q(
                                        models.Q(("measure", "category_amount"), _negated=True),
                                        ("category__isnull", True),
                                    ),
                                    _connector="OR",
                                ),
                                name="target_category_named",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OrderLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("position", models.PositiveIntegerField(default=0)),
                        (
                            "quantity",
                            models.DecimalField(decimal_places=3, max_digits=12, verbose_name="quantity"),
                        ),
                        ("price", models.DecimalField(decimal_places=2, max_digits=12, verbose_name="price")),
                        (
                            "discount",
                            models.DecimalField(
                                decimal_places=4,
                                default=Decimal("0"),
                                max_digits=5,
                                verbose_name="line discount",
                            ),
                        ),
                        (
                            "amount",
                            models.DecimalField(decimal_places=2, max_digits=14, verbose_name="amount"),
                        ),
                        (
                            "delivered",
                            models.DecimalField(
                                decimal_places=3,
                                default=Decimal("0"),
                                max_digits=12,
                                verbose_name="delivered",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="order_lines",
                                to="sales.product",
                                verbose_name="product",
                            ),
                        ),
                        (
                            "order",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="lines",
                                to="sales.salesorder",
                            ),
                        ),
                        ("is_gift", models.BooleanField(default=False, verbose_name="gift")),
                        (
                            "list_price",
                            models.DecimalField(
                                blank=True,
                                decimal_places=2,
                                max_digits=12,
                                null=True,
                                verbose_name="list price",
                            ),
                        ),
                        (
                            "price_reason",
                            models.CharField(blank=True, max_length=120, verbose_name="reason for the price"),
                        ),
                    ],
                    options={
                        "verbose_name": "order line",
                        "verbose_name_plural": "order lines",
                        "ordering": ["position", "pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("quantity__gt", 0)), name="order_line_quantity_positive"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("price__gte", 0)), name="order_line_price_not_negative"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("discount__gte", 0), ("discount__lte", 1)),
                                name="order_line_discount_0_to_1",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("delivered__gte", 0), ("delivered__lte", models.F("quantity"))
                                ),
                                name="order_line_not_over_delivered",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("is_gift", False), ("price", 0), _connector="OR"),
                                name="order_line_gift_is_free",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Delivery",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "number",
                            models.CharField(max_length=40, unique=True, verbose_name="delivery number"),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[("posted", "Posted"), ("reversed", "Reversed")],
                                default="posted",
                                max_length=10,
                                verbose_name="status",
                            ),
                        ),
                        ("issued_on", models.DateField(verbose_name="delivery date")),
                        ("due_on", models.DateField(verbose_name="payment due")),
                        (
                            "amount",
                            models.DecimalField(decimal_places=2, max_digits=14, verbose_name="amount"),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="deliveries",
                                to="crm.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "rep",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="deliveries",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="rep",
                            ),
                        ),
                        (
                            "order",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="deliveries",
                                to="sales.salesorder",
                                verbose_name="sales order",
                            ),
                        ),
                        (
                            "is_history",
                            models.BooleanField(default=False, editable=False, verbose_name="history"),
                        ),
                        ("client_uuid", models.UUIDField(blank=True, editable=False, null=True, unique=True)),
                        (
                            "discount",
                            models.DecimalField(
                                decimal_places=4,
                                default=Decimal("0"),
                                max_digits=5,
                                verbose_name="order discount",
                            ),
                        ),
                        ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                        (
                            "location",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="deliveries",
                                to="sales.stocklocation",
                                verbose_name="issued from",
                            ),
                        ),
                        (
                            "reversal_reason",
                            models.CharField(
                                blank=True,
                                editable=False,
                                max_length=200,
                                verbose_name="reason for the reversal",
                            ),
                        ),
                        (
                            "reversed_on",
                            models.DateField(
                                blank=True, editable=False, null=True, verbose_name="reversed on"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "delivery",
                        "verbose_name_plural": "deliveries",
                        "ordering": ["-issued_on", "-pk"],
                        "indexes": [
                            models.Index(fields=["customer", "-issued_on"], name="delivery_customer_day"),
                            models.Index(fields=["rep", "-issued_on"], name="delivery_rep_day"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("amount__gte", 0)), name="delivery_amount_not_negative"
                            )
                        ],
                        "permissions": [
                            ("sell_from_van", "Can sell from the own van"),
                            ("export_delivery", "Can export deliveries"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Receipt",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "number",
                            models.CharField(max_length=40, unique=True, verbose_name="receipt number"),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[("posted", "Posted"), ("reversed", "Reversed")],
                                default="posted",
                                max_length=10,
                                verbose_name="status",
                            ),
                        ),
                        ("received_on", models.DateField(verbose_name="receipt date")),
                        (
                            "amount",
                            models.DecimalField(decimal_places=2, max_digits=14, verbose_name="amount"),
                        ),
                        (
                            "method",
                            models.CharField(
                                choices=[
                                    ("cash", "Cash"),
                                    ("wechat", "WeChat Pay"),
                                    ("alipay", "Alipay"),
                                    ("transfer", "Bank transfer"),
                                    ("cheque", "Cheque"),
                                ],
                                default="wechat",
                                max_length=12,
                                verbose_name="payment method",
                            ),
                        ),
                        ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                        ("client_uuid", models.UUIDField(blank=True, editable=False, null=True, unique=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="receipts",
                                to="crm.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "rep",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="receipts",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="rep",
                            ),
                        ),
                        (
                            "used",
                            models.DecimalField(
                                decimal_places=2, default=Decimal("0"), max_digits=14, verbose_name="used"
                            ),
                        ),
                        (
                            "order",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="receipts",
                                to="sales.salesorder",
                                verbose_name="sales order",
                            ),
                        ),
                        (
                            "refunded",
                            models.DecimalField(
                                decimal_places=2, default=Decimal("0"), max_digits=14, verbose_name="refunded"
                            ),
                        ),
                        (
                            "reversal_reason",
                            models.CharField(
                                blank=True,
                                editable=False,
                                max_length=200,
                                verbose_name="reason for the reversal",
                            ),
                        ),
                        (
                            "reversed_on",
                            models.DateField(
                                blank=True, editable=False, null=True, verbose_name="reversed on"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "receipt",
                        "verbose_name_plural": "receipts",
                        "ordering": ["-received_on", "-pk"],
                        "indexes": [
                            models.Index(fields=["customer", "-received_on"], name="receipt_customer_day"),
                            models.Index(fields=["rep", "-received_on"], name="receipt_rep_day"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("amount__gt", 0)), name="receipt_amount_positive"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("refunded__gte", 0),
                                    ("refunded__lte", models.F("used")),
                                    ("used__lte", models.F("amount")),
                                ),
                                name="receipt_not_used_twice",
                            ),
                        ],
                        "permissions": [("export_receipt", "Can export receipts")],
                    },
                ),
                migrations.CreateModel(
                    name="CostEntry",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.CharField(max_length=40, unique=True, verbose_name="cost number")),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("freight", "Freight"),
                                    ("display", "Display fee"),
                                    ("promotion", "Promotion"),
                                    ("entertainment", "Entertainment"),
                                    ("rebate", "Rebate"),
                                    ("other", "Other"),
                                ],
                                max_length=14,
                                verbose_name="kind",
                            ),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[("posted", "Posted"), ("reversed", "Reversed")],
                                default="posted",
                                max_length=10,
                                verbose_name="status",
                            ),
                        ),
                        ("spent_on", models.DateField(verbose_name="date")),
                        (
                            "amount",
                            models.DecimalField(decimal_places=2, max_digits=14, verbose_name="amount"),
                        ),
                        ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="costs",
                                to="crm.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "order",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="costs",
                                to="sales.salesorder",
                                verbose_name="sales order",
                            ),
                        ),
                        (
                            "rep",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="costs",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="rep",
                            ),
                        ),
                        ("client_uuid", models.UUIDField(blank=True, editable=False, null=True, unique=True)),
                        (
                            "reversal_reason",
                            models.CharField(
                                blank=True,
                                editable=False,
                                max_length=200,
                                verbose_name="reason for the reversal",
                            ),
                        ),
                        (
                            "reversed_on",
                            models.DateField(
                                blank=True, editable=False, null=True, verbose_name="reversed on"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "cost",
                        "verbose_name_plural": "costs",
                        "ordering": ["-spent_on", "-pk"],
                        "permissions": [("view_margin", "Can see costs of goods and margins")],
                        "indexes": [
                            models.Index(fields=["customer", "-spent_on"], name="cost_customer_day"),
                            models.Index(fields=["rep", "-spent_on"], name="cost_rep_day"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("amount__gt", 0)), name="cost_positive"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DaySettlementLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "opening",
                            models.DecimalField(
                                decimal_places=3, default=Decimal("0"), max_digits=12, verbose_name="opening"
                            ),
                        ),
                        (
                            "loaded",
                            models.DecimalField(
                                decimal_places=3, default=Decimal("0"), max_digits=12, verbose_name="loaded"
                            ),
                        ),
                        (
                            "returned",
                            models.DecimalField(
                                decimal_places=3, default=Decimal("0"), max_digits=12, verbose_name="returned"
                            ),
                        ),
                        (
                            "sold",
                            models.DecimalField(
                                decimal_places=3, default=Decimal("0"), max_digits=12, verbose_name="sold"
                            ),
                        ),
                        (
                            "unloaded",
                            models.DecimalField(
                                decimal_places=3, default=Decimal("0"), max_digits=12, verbose_name="unloaded"
                            ),
                        ),
                        (
                            "other",
                            models.DecimalField(
                                decimal_places=3, default=Decimal("0"), max_digits=12, verbose_name="other"
                            ),
                        ),
                        (
                            "counted",
                            models.DecimalField(
                                blank=True, decimal_places=3, max_digits=12, null=True, verbose_name="counted"
                            ),
                        ),
                        (
                            "reason",
                            models.CharField(
                                blank=True, max_length=120, verbose_name="reason for the difference"
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="settlement_lines",
                                to="sales.product",
                                verbose_name="product",
                            ),
                        ),
                        (
                            "settlement",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="lines",
                                to="sales.daysettlement",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "day settlement line",
                        "verbose_name_plural": "day settlement lines",
                        "ordering": ["product__code"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("settlement", "product"), name="settlement_line_unique"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="GiftRule",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "level",
                            models.CharField(
                                blank=True,
                                choices=[("A", "A"), ("B", "B"), ("C", "C")],
                                max_length=1,
                                verbose_name="level",
                            ),
                        ),
                        ("starts_on", models.DateField(blank=True, null=True, verbose_name="valid from")),
                        ("ends_on", models.DateField(blank=True, null=True, verbose_name="valid until")),
                        ("is_active", models.BooleanField(default=True, verbose_name="in use")),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        ("name", models.CharField(max_length=80, unique=True, verbose_name="name")),
                        (
                            "buy_quantity",
                            models.DecimalField(decimal_places=3, max_digits=12, verbose_name="for every"),
                        ),
                        (
                            "gift_quantity",
                            models.DecimalField(
                                decimal_places=3, max_digits=12, verbose_name="gift quantity"
                            ),
                        ),
                        ("repeats", models.BooleanField(default=True, verbose_name="for each full quantity")),
                        (
                            "channel",
                            models.ForeignKey(
                                blank=True,
                                limit_choices_to={"kind": "channel"},
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="crm.dictionary",
                                verbose_name="channel",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)ss",
                                to="crm.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "gift",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="given_by_rules",
                                to="sales.product",
                                verbose_name="product",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="gift_rules",
                                to="sales.product",
                                verbose_name="product",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "gift rule",
                        "verbose_name_plural": "gift rules",
                        "ordering": ["name"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("buy_quantity__gt", 0), ("gift_quantity__gt", 0)),
                                name="gift_rule_positive",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("starts_on__isnull", True),
                                    ("ends_on__isnull", True),
                                    ("ends_on__gte", models.F("starts_on")),
                                    _connector="OR",
                                ),
                                name="gift_rule_dates",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PaymentInstalment",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("position", models.PositiveSmallIntegerField(verbose_name="instalment")),
                        ("due_on", models.DateField(verbose_name="payment due")),
                        (
                            "amount",
                            models.DecimalField(decimal_places=2, max_digits=14, verbose_name="amount"),
                        ),
                        ("note", models.CharField(blank=True, max_length=120, verbose_name="note")),
                        (
                            "order",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="instalments",
                                to="sales.salesorder",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "payment instalment",
                        "verbose_name_plural": "payment instalments",
                        "ordering": ["position"],
                        "constraints": [
                            models.UniqueConstraint(fields=("order", "position"), name="instalment_unique"),
                            models.CheckConstraint(
                                condition=models.Q(("amount__gt", 0)), name="instalment_positive"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PriceListLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "min_quantity",
                            models.DecimalField(
                                decimal_places=3,
                                default=Decimal("0"),
                                max_digits=12,
                                verbose_name="from quantity",
                            ),
                        ),
                        ("price", models.DecimalField(decimal_places=2, max_digits=12, verbose_name="price")),
                        (
                            "price_list",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="lines",
                                to="sales.pricelist",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="price_lines",
                                to="sales.product",
                                verbose_name="product",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "price list line",
                        "verbose_name_plural": "price list lines",
                        "ordering": ["product__code", "min_quantity"],
                        "indexes": [
                            models.Index(fields=["product", "price_list"], name="price_line_product")
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("price_list", "product", "min_quantity"), name="price_line_unique"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("min_quantity__gte", 0), ("price__gte", 0)),
                                name="price_line_not_negative",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Quote",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.CharField(max_length=40, verbose_name="quotation number")),
                        ("version", models.PositiveSmallIntegerField(default=1, verbose_name="version")),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("draft", "Draft"),
                                    ("sent", "Sent"),
                                    ("accepted", "Accepted"),
                                    ("rejected", "Rejected"),
                                    ("superseded", "Superseded"),
                                ],
                                default="draft",
                                max_length=10,
                                verbose_name="status",
                            ),
                        ),
                        ("quoted_on", models.DateField(verbose_name="quotation date")),
                        ("valid_until", models.DateField(verbose_name="valid until")),
                        (
                            "discount",
                            models.DecimalField(
                                decimal_places=4,
                                default=Decimal("0"),
                                max_digits=5,
                                verbose_name="order discount",
                            ),
                        ),
                        (
                            "total",
                            models.DecimalField(
                                decimal_places=2, default=Decimal("0"), max_digits=14, verbose_name="total"
                            ),
                        ),
                        ("terms", models.TextField(blank=True, max_length=2000, verbose_name="terms")),
                        ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                        ("client_uuid", models.UUIDField(blank=True, editable=False, null=True, unique=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        (
                            "contact",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="crm.contact",
                                verbose_name="contact",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="quotes",
                                to="crm.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "order",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="quote",
                                to="sales.salesorder",
                                verbose_name="sales order",
                            ),
                        ),
                        (
                            "rep",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="quotes",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="rep",
                            ),
                        ),
                        (
                            "template",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                to="sales.quotetemplate",
                                verbose_name="template",
                            ),
                        ),
                        (
                            "reject_reason",
                            models.CharField(
                                blank=True, max_length=200, verbose_name="reason for the rejection"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "quotation",
                        "verbose_name_plural": "quotations",
                        "ordering": ["-quoted_on", "-pk"],
                        "permissions": [("export_quote", "Can export quotations")],
                        "indexes": [
                            models.Index(fields=["customer", "-quoted_on"], name="quote_customer_day"),
                            models.Index(fields=["rep", "-quoted_on"], name="quote_rep_day"),
                            models.Index(fields=["-quoted_on", "-id"], name="quote_day"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("number", "version"), name="quote_version_unique"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("discount__gte", 0), ("discount__lte", 1)),
                                name="quote_discount_0_to_1",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("total__gte", 0)), name="quote_total_not_negative"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="StockBalance",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "quantity",
                            models.DecimalField(
                                decimal_places=3, default=Decimal("0"), max_digits=12, verbose_name="on hand"
                            ),
                        ),
                        ("may_be_negative", models.BooleanField(default=False)),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="balances",
                                to="sales.product",
                                verbose_name="product",
                            ),
                        ),
                        (
                            "location",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="balances",
                                to="sales.stocklocation",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "stock",
                        "verbose_name_plural": "stock",
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("location", "product"), name="stock_balance_unique"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("quantity__gte", 0), ("may_be_negative", True), _connector="OR"
                                ),
                                name="stock_never_sold_twice",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="StockDocumentLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "quantity",
                            models.DecimalField(
                                decimal_places=3, default=Decimal("0"), max_digits=12, verbose_name="quantity"
                            ),
                        ),
                        (
                            "presold",
                            models.DecimalField(
                                decimal_places=3, default=Decimal("0"), max_digits=12, verbose_name="presold"
                            ),
                        ),
                        (
                            "counted",
                            models.DecimalField(
                                blank=True, decimal_places=3, max_digits=12, null=True, verbose_name="counted"
                            ),
                        ),
                        (
                            "unit_cost",
                            models.DecimalField(
                                blank=True,
                                decimal_places=2,
                                max_digits=12,
                                null=True,
                                verbose_name="cost per unit",
                            ),
                        ),
                        (
                            "reason",
                            models.CharField(
                                blank=True, max_length=120, verbose_name="reason for the difference"
                            ),
                        ),
                        (
                            "document",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="lines",
                                to="sales.stockdocument",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="stock_document_lines",
                                to="sales.product",
                                verbose_name="product",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "stock document line",
                        "verbose_name_plural": "stock document lines",
                        "ordering": ["pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("document", "product"), name="stock_document_line_unique"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("presold__gte", 0),
                                    models.Q(("counted__isnull", True), ("counted__gte", 0), _connector="OR"),
                                ),
                                name="stock_document_line_not_negative",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DeliveryLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "quantity",
                            models.DecimalField(decimal_places=3, max_digits=12, verbose_name="quantity"),
                        ),
                        (
                            "amount",
                            models.DecimalField(
                                decimal_places=2, default=Decimal("0"), max_digits=14, verbose_name="amount"
                            ),
                        ),
                        (
                            "delivery",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="lines",
                                to="sales.delivery",
                            ),
                        ),
                        (
                            "order_line",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="delivery_lines",
                                to="sales.orderline",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="delivery_lines",
                                to="sales.product",
                                verbose_name="product",
                            ),
                        ),
                        ("is_gift", models.BooleanField(default=False, verbose_name="gift")),
                        (
                            "line_discount",
                            models.DecimalField(
                                decimal_places=4,
                                default=Decimal("0"),
                                max_digits=5,
                                verbose_name="line discount",
                            ),
                        ),
                        (
                            "price",
                            models.DecimalField(
                                blank=True, decimal_places=2, max_digits=12, null=True, verbose_name="price"
                            ),
                        ),
                        (
                            "price_reason",
                            models.CharField(blank=True, max_length=120, verbose_name="reason for the price"),
                        ),
                        (
                            "returned",
                            models.DecimalField(
                                decimal_places=3, default=Decimal("0"), max_digits=12, verbose_name="returned"
                            ),
                        ),
                        (
                            "unit_cost",
                            models.DecimalField(
                                blank=True,
                                decimal_places=2,
                                max_digits=12,
                                null=True,
                                verbose_name="cost per unit",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "delivery line",
                        "verbose_name_plural": "delivery lines",
                        "ordering": ["pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("quantity__gt", 0)),
                                name="delivery_line_quantity_positive",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("returned__gte", 0), ("returned__lte", models.F("quantity"))
                                ),
                                name="delivery_line_not_over_returned",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Bill",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("delivery", "Delivery"),
                                    ("order", "Order approval"),
                                    ("opening", "Opening balance"),
                                ],
                                max_length=10,
                                verbose_name="kind",
                            ),
                        ),
                        ("position", models.PositiveSmallIntegerField(default=1, verbose_name="instalment")),
                        (
                            "status",
                            models.CharField(
                                choices=[("posted", "Posted"), ("reversed", "Reversed")],
                                default="posted",
                                max_length=10,
                                verbose_name="status",
                            ),
                        ),
                        ("billed_on", models.DateField(verbose_name="bill date")),
                        ("due_on", models.DateField(verbose_name="payment due")),
                        (
                            "amount",
                            models.DecimalField(decimal_places=2, max_digits=14, verbose_name="amount"),
                        ),
                        (
                            "settled",
                            models.DecimalField(
                                decimal_places=2, default=Decimal("0"), max_digits=14, verbose_name="settled"
                            ),
                        ),
                        ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="bills",
                                to="crm.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "delivery",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="bills",
                                to="sales.delivery",
                                verbose_name="delivery",
                            ),
                        ),
                        (
                            "order",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="bills",
                                to="sales.salesorder",
                                verbose_name="sales order",
                            ),
                        ),
                        (
                            "rep",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="bills",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="rep",
                            ),
                        ),
                        (
                            "reversal_reason",
                            models.CharField(
                                blank=True,
                                editable=False,
                                max_length=200,
                                verbose_name="reason for the reversal",
                            ),
                        ),
                        (
                            "reversed_on",
                            models.DateField(
                                blank=True, editable=False, null=True, verbose_name="reversed on"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "bill",
                        "verbose_name_plural": "bills",
                        "ordering": ["due_on", "pk"],
                        "permissions": [("allocate_receipt", "Can allocate receipts to bills")],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("amount__gt", models.F("settled")), ("status", "posted")),
                                fields=["customer", "due_on", "amount", "settled"],
                                name="bill_open_customer",
                            ),
                            models.Index(
                                condition=models.Q(("amount__gt", models.F("settled")), ("status", "posted")),
                                fields=["due_on", "customer", "amount", "settled"],
                                name="bill_open_due",
                            ),
                            models.Index(fields=["customer", "billed_on"], name="bill_customer_day"),
                            models.Index(fields=["rep", "billed_on"], name="bill_rep_day"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("settled__gte", 0), ("settled__lte", models.F("amount"))),
                                name="bill_not_settled_twice",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("kind", "order"), ("status", "posted")),
                                fields=("order", "position"),
                                name="bill_order_once",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("delivery__isnull", False), ("status", "posted")),
                                fields=("delivery", "position"),
                                name="bill_delivery_once",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("reversed_on__isnull", True), ("status", "reversed"), _connector="OR"
                                ),
                                name="bill_reversed_on_a_day",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="QuoteLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("position", models.PositiveIntegerField(default=0)),
                        (
                            "quantity",
                            models.DecimalField(decimal_places=3, max_digits=12, verbose_name="quantity"),
                        ),
                        ("price", models.DecimalField(decimal_places=2, max_digits=12, verbose_name="price")),
                        (
                            "discount",
                            models.DecimalField(
                                decimal_places=4,
                                default=Decimal("0"),
                                max_digits=5,
                                verbose_name="line discount",
                            ),
                        ),
                        (
                            "amount",
                            models.DecimalField(decimal_places=2, max_digits=14, verbose_name="amount"),
                        ),
                        ("note", models.CharField(blank=True, max_length=120, verbose_name="note")),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="quote_lines",
                                to="sales.product",
                                verbose_name="product",
                            ),
                        ),
                        (
                            "quote",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="lines",
                                to="sales.quote",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "quotation line",
                        "verbose_name_plural": "quotation lines",
                        "ordering": ["position", "pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("discount__gte", 0),
                                    ("discount__lte", 1),
                                    ("price__gte", 0),
                                    ("quantity__gt", 0),
                                ),
                                name="quote_line_in_range",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SalesReturn",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "number",
                            models.CharField(max_length=40, unique=True, verbose_name="return number"),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[("posted", "Posted"), ("reversed", "Reversed")],
                                default="posted",
                                max_length=10,
                                verbose_name="status",
                            ),
                        ),
                        ("returned_on", models.DateField(verbose_name="return date")),
                        (
                            "amount",
                            models.DecimalField(decimal_places=2, max_digits=14, verbose_name="amount"),
                        ),
                        (
                            "used",
                            models.DecimalField(
                                decimal_places=2, default=Decimal("0"), max_digits=14, verbose_name="used"
                            ),
                        ),
                        (
                            "refunded",
                            models.DecimalField(
                                decimal_places=2, default=Decimal("0"), max_digits=14, verbose_name="refunded"
                            ),
                        ),
                        ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                        ("client_uuid", models.UUIDField(blank=True, editable=False, null=True, unique=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="returns",
                                to="crm.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "delivery",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="returns",
                                to="sales.delivery",
                                verbose_name="delivery",
                            ),
                        ),
                        (
                            "rep",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="returns",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="rep",
                            ),
                        ),
                        (
                            "location",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="sales.stocklocation",
                                verbose_name="taken into",
                            ),
                        ),
                        (
                            "reversal_reason",
                            models.CharField(
                                blank=True,
                                editable=False,
                                max_length=200,
                                verbose_name="reason for the reversal",
                            ),
                        ),
                        (
                            "reversed_on",
                            models.DateField(
                                blank=True, editable=False, null=True, verbose_name="reversed on"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "sales return",
                        "verbose_name_plural": "sales returns",
                        "ordering": ["-returned_on", "-pk"],
                        "indexes": [
                            models.Index(fields=["customer", "-returned_on"], name="return_customer_day"),
                            models.Index(fields=["rep", "-returned_on"], name="return_rep_day"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("refunded__gte", 0),
                                    ("refunded__lte", models.F("used")),
                                    ("used__lte", models.F("amount")),
                                ),
                                name="return_not_used_twice",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Allocation",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "amount",
                            models.DecimalField(decimal_places=2, max_digits=14, verbose_name="amount"),
                        ),
                        ("made_on", models.DateField(verbose_name="date")),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        ("released_on", models.DateField(blank=True, null=True, verbose_name="released on")),
                        ("released_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "receipt",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="allocations",
                                to="sales.receipt",
                            ),
                        ),
                        (
                            "released_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "bill",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="allocations",
                                to="sales.bill",
                            ),
                        ),
                        (
                            "sales_return",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="allocations",
                                to="sales.salesreturn",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "allocation",
                        "verbose_name_plural": "allocations",
                        "ordering": ["pk"],
                        "indexes": [models.Index(fields=["bill", "made_on"], name="allocation_bill_day")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("amount__gt", 0)), name="allocation_positive"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("receipt__isnull", False), ("sales_return__isnull", True)),
                                    models.Q(("receipt__isnull", True), ("sales_return__isnull", False)),
                                    _connector="OR",
                                ),
                                name="allocation_one_source",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Refund",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "number",
                            models.CharField(max_length=40, unique=True, verbose_name="refund number"),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[("posted", "Posted"), ("reversed", "Reversed")],
                                default="posted",
                                max_length=10,
                                verbose_name="status",
                            ),
                        ),
                        ("refunded_on", models.DateField(verbose_name="refund date")),
                        (
                            "amount",
                            models.DecimalField(decimal_places=2, max_digits=14, verbose_name="amount"),
                        ),
                        (
                            "method",
                            models.CharField(
                                choices=[
                                    ("cash", "Cash"),
                                    ("wechat", "WeChat Pay"),
                                    ("alipay", "Alipay"),
                                    ("transfer", "Bank transfer"),
                                    ("cheque", "Cheque"),
                                ],
                                default="cash",
                                max_length=12,
                                verbose_name="payment method",
                            ),
                        ),
                        ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                        ("client_uuid", models.UUIDField(blank=True, editable=False, null=True, unique=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="refunds",
                                to="crm.customer",
                                verbose_name="customer",
                            ),
                        ),
                        (
                            "receipt",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="refunds",
                                to="sales.receipt",
                            ),
                        ),
                        (
                            "rep",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="refunds",
                                to=settings.AUTH_USER_MODEL,
                                verbose_name="rep",
                            ),
                        ),
                        (
                            "sales_return",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="refunds",
                                to="sales.salesreturn",
                            ),
                        ),
                        (
                            "reversal_reason",
                            models.CharField(
                                blank=True,
                                editable=False,
                                max_length=200,
                                verbose_name="reason for the reversal",
                            ),
                        ),
                        (
                            "reversed_on",
                            models.DateField(
                                blank=True, editable=False, null=True, verbose_name="reversed on"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "refund",
                        "verbose_name_plural": "refunds",
                        "ordering": ["-refunded_on", "-pk"],
                        "indexes": [
                            models.Index(fields=["customer", "-refunded_on"], name="refund_customer_day"),
                            models.Index(fields=["rep", "-refunded_on"], name="refund_rep_day"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("amount__gt", 0)), name="refund_positive"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("receipt__isnull", False), ("sales_return__isnull", True)),
                                    models.Q(("receipt__isnull", True), ("sales_return__isnull", False)),
                                    _connector="OR",
                                ),
                                name="refund_one_source",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SalesReturnLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "quantity",
                            models.DecimalField(decimal_places=3, max_digits=12, verbose_name="quantity"),
                        ),
                        ("price", models.DecimalField(decimal_places=2, max_digits=12, verbose_name="price")),
                        (
                            "amount",
                            models.DecimalField(decimal_places=2, max_digits=14, verbose_name="amount"),
                        ),
                        (
                            "reason",
                            models.CharField(
                                choices=[
                                    ("expired", "Past its date"),
                                    ("near_expiry", "Close to its date"),
                                    ("damaged", "Damaged"),
                                    ("quality", "Quality complaint"),
                                    ("unsold", "Does not sell"),
                                    ("wrong", "Wrong goods"),
                                    ("other", "Other"),
                                ],
                                max_length=12,
                                verbose_name="reason",
                            ),
                        ),
                        (
                            "condition",
                            models.CharField(
                                choices=[("sellable", "Sellable"), ("unsellable", "Not sellable")],
                                default="sellable",
                                max_length=12,
                                verbose_name="condition",
                            ),
                        ),
                        ("note", models.CharField(blank=True, max_length=120, verbose_name="note")),
                        (
                            "delivery_line",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="return_lines",
                                to="sales.deliveryline",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="return_lines",
                                to="sales.product",
                                verbose_name="product",
                            ),
                        ),
                        (
                            "sales_return",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="lines",
                                to="sales.salesreturn",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "sales return line",
                        "verbose_name_plural": "sales return lines",
                        "ordering": ["pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("amount__gte", 0), ("price__gte", 0), ("quantity__gt", 0)
                                ),
                                name="return_line_in_range",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="StockMove",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("receipt", "Goods received"),
                                    ("sale", "Sale"),
                                    ("return", "Return"),
                                    ("load", "Van load"),
                                    ("unload", "Van unload"),
                                    ("transfer", "Transfer"),
                                    ("loss", "Loss"),
                                    ("count", "Count difference"),
                                ],
                                max_length=10,
                                verbose_name="kind",
                            ),
                        ),
                        (
                            "quantity",
                            models.DecimalField(decimal_places=3, max_digits=12, verbose_name="quantity"),
                        ),
                        ("moved_on", models.DateField(verbose_name="date")),
                        ("is_reversal", models.BooleanField(default=False, verbose_name="reversal")),
                        ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                        (
                            "created_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "delivery",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="moves",
                                to="sales.delivery",
                            ),
                        ),
                        (
                            "document",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="moves",
                                to="sales.stockdocument",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="moves",
                                to="sales.product",
                                verbose_name="product",
                            ),
                        ),
                        (
                            "sales_return",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="moves",
                                to="sales.salesreturn",
                            ),
                        ),
                        (
                            "settlement",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="moves",
                                to="sales.daysettlement",
                            ),
                        ),
                        (
                            "source",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="moves_out",
                                to="sales.stocklocation",
                                verbose_name="from",
                            ),
                        ),
                        (
                            "target",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="moves_in",
                                to="sales.stocklocation",
                                verbose_name="to",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "stock move",
                        "verbose_name_plural": "stock moves",
                        "ordering": ["-pk"],
                        "indexes": [
                            models.Index(fields=["source", "product", "moved_on"], name="stock_move_out"),
                            models.Index(fields=["target", "product", "moved_on"], name="stock_move_in"),
                            models.Index(fields=["product", "moved_on"], name="stock_move_product"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("quantity__gt", 0)), name="stock_move_quantity_positive"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("source", models.F("target")), _negated=True),
                                name="stock_move_goes_somewhere",
                            ),
                        ],
                    },
                ),
            ]
        ),
        migrations.RunPython(
            import_module("sales.migrations.0004_books_from_slips").seed_places, migrations.RunPython.noop
        ),
        migrations.RunPython(
            import_module("sales.migrations.0006_quote_templates").seed, migrations.RunPython.noop
        ),
    ]
