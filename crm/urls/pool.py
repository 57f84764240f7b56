from django.urls import path

from crm.views import pool, pool_customer, pool_rules

urls = [
    path("pool/", pool.PoolList.as_view(), name="pool_list"),
    path("pool/claim/", pool.pool_claim_many, name="pool_claim_many"),
    path("pool/assign/", pool.pool_assign, name="pool_assign"),
    path("pool/soon/", pool.PoolSoon.as_view(), name="pool_soon"),
    path("pool/rules/", pool_rules.pool_rules, name="pool_rules"),
    path("pool/rules/new/", pool_rules.pool_rule_create, name="pool_rule_create"),
    path("pool/rules/<int:pk>/", pool_rules.pool_rule_edit, name="pool_rule_edit"),
    path("pool/rules/<int:pk>/switch/", pool_rules.pool_rule_switch, name="pool_rule_switch"),
    path("pool/rules/<int:pk>/delete/", pool_rules.pool_rule_delete, name="pool_rule_delete"),
    path("pool/forecast/", pool_rules.pool_forecast, name="pool_forecast"),
    path("pool/runs/", pool_rules.pool_runs, name="pool_runs"),
    path("pool/<int:pk>/", pool.pool_detail, name="pool_detail"),
    path("pool/<int:pk>/claim/", pool.pool_claim, name="pool_claim"),
    path("customers/<int:pk>/pool/", pool_customer.customer_pool, name="customer_pool"),
    path("customers/<int:pk>/pool/lock/", pool_customer.customer_lock, name="customer_lock"),
    path("customers/<int:pk>/release/", pool_customer.customer_release, name="customer_release"),
]
