from django.urls import path

from crm.views import pool

urls = [
    path("pool/", pool.PoolList.as_view(), name="pool_list"),
    path("pool/claim/", pool.pool_claim_many, name="pool_claim_many"),
    path("pool/assign/", pool.pool_assign, name="pool_assign"),
    path("pool/soon/", pool.PoolSoon.as_view(), name="pool_soon"),
    path("pool/<int:pk>/", pool.pool_detail, name="pool_detail"),
    path("pool/<int:pk>/claim/", pool.pool_claim, name="pool_claim"),
]
