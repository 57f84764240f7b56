from django.urls import URLPattern, path

from sales.views import agreement_files, agreements

urls: list[URLPattern] = [
    path("agreements/", agreements.AgreementList.as_view(), name="agreement_list"),
    path("agreements/new/", agreements.AgreementCreate.as_view(), name="agreement_create"),
    path("agreements/<int:pk>/", agreements.agreement_detail, name="agreement_detail"),
    path("agreements/<int:pk>/edit/", agreements.AgreementEdit.as_view(), name="agreement_edit"),
    path("agreements/<int:pk>/sign/", agreements.agreement_sign, name="agreement_sign"),
    path("agreements/<int:pk>/end/", agreements.agreement_end, name="agreement_end"),
    path("agreements/<int:pk>/renew/", agreements.agreement_renew, name="agreement_renew"),
    path("agreements/<int:pk>/discard/", agreements.agreement_discard, name="agreement_discard"),
    path("agreements/<int:pk>/files/", agreement_files.file_add, name="agreement_file_add"),
    path("agreements/files/<int:pk>/", agreement_files.file_show, name="agreement_file"),
    path("agreements/files/<int:pk>/remove/", agreement_files.file_remove, name="agreement_file_remove"),
]
