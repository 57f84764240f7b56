from django.urls import URLPattern, path

from sales.views import goods_entry, settlements, stock, stock_counts, stock_documents, stock_entry

urls: list[URLPattern] = [
    path("stock/", stock.StockList.as_view(), name="stock_list"),
    path("stock/products/", goods_entry.stock_products, name="stock_products"),
    path("stock-moves/", stock.MoveList.as_view(), name="move_list"),
    path("locations/", stock.LocationList.as_view(), name="location_list"),
    path("locations/new/", stock.LocationCreate.as_view(), name="location_create"),
    path("locations/<int:pk>/", stock.location_detail, name="location_detail"),
    path("locations/<int:pk>/edit/", stock.LocationEdit.as_view(), name="location_edit"),
    path("stock-documents/", stock_documents.StockDocumentList.as_view(), name="stock_document_list"),
    path("stock-documents/start/", stock_documents.stock_document_start, name="stock_document_start"),
    path("stock-documents/new/", stock_entry.DocumentCreate.as_view(), name="stock_document_create"),
    path("stock-documents/count/", stock_counts.CountBegin.as_view(), name="stock_count_begin"),
    path("stock-documents/<int:pk>/", stock_documents.stock_document_detail, name="stock_document_detail"),
    path("stock-documents/<int:pk>/edit/", stock_entry.DocumentEdit.as_view(), name="stock_document_edit"),
    path("stock-documents/<int:pk>/count/", stock_counts.CountEntry.as_view(), name="stock_document_count"),
    path("stock-documents/<int:pk>/sheet/", stock_counts.count_sheet, name="stock_count_sheet"),
    *[
        path(
            f"stock-documents/<int:pk>/{action}/",
            stock_documents.stock_document_action,
            {"action": action},
            name=f"stock_document_{action}",
        )
        for action in ("post", "reverse", "cancel")
    ],
    path("settlements/", settlements.SettlementList.as_view(), name="settlement_list"),
    path("settlements/<int:pk>/", settlements.settlement_detail, name="settlement_detail"),
    path("settlements/<int:pk>/approve/", settlements.settlement_approve, name="settlement_approve"),
]
