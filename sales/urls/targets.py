from django.urls import URLPattern, path

from sales.views import target_completion, target_files, targets

urls: list[URLPattern] = [
    path("targets/", targets.target_grid, name="target_grid"),
    path("targets/cells/", targets.target_cells, name="target_cells"),
    path("targets/copy/", targets.target_copy, name="target_copy"),
    path("targets/spread/", targets.target_spread, name="target_spread"),
    path("targets/import/", target_files.target_import, name="target_import"),
    path("targets/completion/", target_completion.target_completion, name="target_completion"),
    path("targets/card/", target_completion.target_card, name="target_card"),
]
