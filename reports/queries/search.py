"""The search over everything: each app finds its own, here it is put together with the pages of the menu and the people."""

from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common import business_calendar
from common.menu import menu_links
from common.names import pinyin_initials
from common.search import LIMIT, Group, Hit, asked_text, words_of
from crm.queries.global_search import contact_hits, customer_hits, lead_hits
from reports.queries.report import reports_of
from sales.queries.global_search import product_hits, slip_hits
from team.queries.global_search import document_hits


class NewLink(NamedTuple):
    """Something a person may make, from anywhere."""

    label: str | Promise
    icon: str
    page: str
    permissions: tuple[str, ...]


NEW = (
    NewLink(_("New customer"), "building-store", "crm:customer_create", ("crm.add_customer",)),
    NewLink(_("New lead"), "user-search", "crm:lead_create", ("crm.add_lead",)),
    NewLink(_("Follow up"), "messages", "crm:follow_up_create", ("crm.view_followup", "crm.add_followup")),
    NewLink(_("Plan visits"), "calendar-plus", "visits:task_create", ("visits.add_visittask",)),
    NewLink(_("New order"), "shopping-cart", "sales:order_create", ("sales.add_salesorder",)),
    NewLink(_("New quotation"), "file-dollar", "sales:quote_create", ("sales.add_quote",)),
    NewLink(_("New receipt"), "cash", "sales:receipt_create", ("sales.add_receipt",)),
    NewLink(
        _("New customer task"), "clipboard-check", "team:customer_task_create",
        ("team.view_customertask", "team.add_customertask"),
    ),
    NewLink(
        _("New entry"), "calendar-time", "team:schedule_create",
        ("team.view_scheduleentry", "team.add_scheduleentry"),
    ),
    NewLink(_("New work report"), "report", "team:work_report_new", ("team.view_workreport", "team.add_workreport")),
    NewLink(_("New agreement"), "file-certificate", "sales:agreement_create", ("sales.add_agreement",)),
    NewLink(_("New product"), "package", "sales:product_create", ("sales.add_product",)),
    NewLink(_("Write document"), "books", "team:document_new", ("team.view_document", "team.add_document")),
    NewLink(_("New announcement"), "speakerphone", "comms:announcement_new", ("comms.add_announcement",)),
    NewLink(_("New message"), "message", "comms:thread_new", ()),
)  # fmt: skip

# Pages that stand around the menu, for everybody.
PAGES: tuple[tuple[str | Promise, str], ...] = (
    (_("Workbench"), "reports:home"),
    (_("To-do"), "comms:todo_list"),
    (_("Messages"), "comms:notice_list"),
    (_("Announcements"), "comms:announcement_list"),
    (_("Me"), "accounts:profile"),
)


def new_links(user: User) -> list[NewLink]:
    """What `user` may make; no query beyond his permissions."""
    return [link for link in NEW if user.has_perms(link.permissions)]


def search_everything(user: User, typed: str) -> list[Group]:
    """What `user` may see of what `typed` finds, at most LIMIT of a kind; an empty search finds nothing.

    About eight queries, whatever is found. `more` of a group opens its list with the same search.
    """
    text = asked_text(typed)
    if not words_of(text):
        return []
    customers, keys = customer_hits(user, text)
    groups = [
        *page_hits(user, text),
        *customers,
        *lead_hits(user, text),
        *contact_hits(user, text),
        *product_hits(user, text),
        *slip_hits(user, text, keys, business_calendar.today()),
        *document_hits(user, text),
        *people_hits(user, text),
    ]
    query = urlencode({"q": text})
    return [
        Group(group.title, group.icon, group.hits, f"{group.more}?{query}" if group.more else "")
        for group in groups
    ]


def page_hits(user: User, text: str) -> list[Group]:
    """Pages of the menu and reports by their label or its initials, those that begin so first."""
    matches = _matcher(text)
    offered = [
        *((link.label, link.url, "") for link in menu_links(user)),
        *((str(label), reverse(page), "") for label, page in PAGES),
        *(
            (str(report.label), reverse("reports:report", args=[report.code]), _t("Reports"))
            for _family, reports in reports_of(user)
            for report in reports
        ),
    ]
    ranked = [(matches(label), label, url, note) for label, url, note in offered]
    best = sorted((entry for entry in ranked if entry[0]), key=lambda entry: entry[0])
    hits = [Hit(label, url, note) for _rank, label, url, note in best[:LIMIT]]
    return [Group(_t("Pages"), "layout-dashboard", hits)] if hits else []


def people_hits(user: User, text: str) -> list[Group]:
    """Active people in my scope by name, its initials or phone; each opens the list of his customers.

    Initials of people are not stored: the names of all who are in scope are read, as many as the company has staff.
    """
    if not user.has_perm("crm.view_customer"):
        return []
    hits = list(_people(user, text))
    return [Group(_t("People"), "users", hits[:LIMIT])] if hits else []


def _people(user: User, text: str) -> Iterator[Hit]:
    matches, digits = _matcher(text), text if text.isdecimal() and len(text) >= 3 else ""
    rows = User.objects.visible_to(user).active().order_by("name", "pk")
    for pk, name, phone, title, department in rows.values_list(
        "pk", "name", "phone", "title", "department__name"
    ):
        if matches(name) or (digits and digits in phone):
            address = f"{reverse('crm:customer_list')}?{urlencode({'owner': pk})}"
            yield Hit(name, address, " · ".join(filter(None, (title, department))))


def _matcher(text: str) -> Callable[[str], int]:
    """How well a label fits: 1 begins with the words, 2 has them, 0 does not; by its letters or its pinyin initials."""
    words = words_of(text)

    def rank(label: str) -> int:
        folded, initials = " ".join(words_of(label)), pinyin_initials(label)
        if not all(word in folded or word in initials for word in words):
            return 0
        return 1 if folded.startswith(words[0]) or initials.startswith(words[0]) else 2

    return rank
