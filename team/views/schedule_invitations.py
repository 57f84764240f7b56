"""Invitations to entries of colleagues, the ones without an answer first."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from common.views import ListPage
from team.filters.schedule import InvitationFilter
from team.models import ScheduleInvitation
from team.tables.schedule import INVITATION_COLUMNS
from team.views.schedule import VIEW, me


class InvitationList(ListPage):
    permission_required = VIEW
    title = gettext_lazy("Invitations")
    columns = INVITATION_COLUMNS
    filterset_class = InvitationFilter
    default_sort = "starts_at"
    template_name = "team/invitation_list.html"
    empty_text = gettext_lazy(
        "No invitations. A colleague who enters a meeting can ask you to come; you answer it here."
    )

    def get_queryset(self) -> QuerySet:
        mine = ScheduleInvitation.objects.filter(person=me(self.request))
        return mine.select_related("entry__owner")
