"""Every address with a real object: who may open it, and that nonsense neither breaks it nor writes anything.

The demo company's first rep has one object of each kind (tests/project/addresses.py). A new address with a key needs
an entry there; one that is open, everybody's, or does its work on an empty form, a line here.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.core.signals import request_finished
from django.db import close_old_connections, connection, transaction
from django.http import QueryDict
from django.test import Client

from accounts.models import Role, User
from config.demo import load_demo
from crm.models import Contact, Customer, Lead
from sales.models import Product
from tests.project.addresses import KEYS, Address, complete_demo, every_address, stranger

# No login: signs of life, doors for machines and strangers, the shell of the work without network.
OPEN = {
    "/healthz", "/login/", "/logout/", "/language/", "/hooks/leads/<str:token>/", "/forms/leads/<str:token>/", "/schedule/feed/<str:token>.ics", "/ingest/osmand/", "/ingest/owntracks/",
    "/field/", "/field/session/", "/manifest.webmanifest", "/sw.js",
}  # fmt: skip
# Asked for no permission: one's own account, notices and views, the home page, the search (each kind asks for its own), the
# shape of the country, and what a phone has queued, each action of which asks for its own.
EVERYBODY = {
    "/", "/me/", "/me/password/", "/views/", "/views/save/", "/views/<int:pk>/", "/views/<int:pk>/delete/",
    "/messages/", "/messages/unread/", "/messages/read/", "/messages/<int:pk>/", "/map/outline.js", "/visits/sync/",
    "/todo/", "/search/", "/notices/settings/", "/notices/test/", "/notices/devices/add/", "/notices/devices/remove/",
    "/threads/", "/threads/archived/", "/threads/new/", "/threads/<int:pk>/", "/threads/<int:pk>/archive/",
    "/announcements/", "/announcements/<int:pk>/", "/announcements/<int:pk>/confirm/",
    "/reports/", "/dashboard/", "/dashboard/change/",
}  # fmt: skip
# Objects of the whole company: whoever has the permission may see all of them.
EVERYBODYS = (
    "/pool/<",
    "/pool/claim/",
    "/pool/rules/",
    "/products/",
    "/leads/channels/",
    "/leads/captured/",
    "/alerts/runs/",
    "/alerts/rules/",
    "/alerts/exemptions/",
    "/alerts/backtest/",
    "/leads/<int:pk>/claim/",
    "/documents/folders/",
    "/work-reports/templates/",
    "/reports/<",
    "/dashboard/cards/",
)
# No object of anybody: what is done to many, and an upload of one's own phone, which begins when it is first asked for.
NOBODYS = ("/customers/bulk/<slug:kind>/", "/visits/uploads/")
# What a page cannot be opened without.
ASKED = {
    "/views/": "?page=/customers/",
    "/map/heat/": "?heat=customers&box=31.7,117.1,31.9,117.4&zoom=11",
    "/map/nearest/": "?lat=31.82&lng=117.22",
    "/map/selection/": "?within=31.7,117.1;31.7,117.4;31.9,117.4",
    "/map/white-space/cells/": "?bounds=31.7,117.1,31.9,117.4&zoom=11",
    "/map/white-space/export/": "?bounds=31.7,117.1,31.9,117.4&zoom=11",
    "/map/white-space/cell/": "?cell=608840691606355967",
    "/tracks/nearest/": "?lat=31.82&lng=117.22",
    "/tasks/board/day/": "?rep={rep}&day=2026-01-05",
}
# Shows a file that the object has not got: 404.
WITHOUT_A_FILE = {
    "/customers/imports/<int:pk>/errors/", "/leads/imports/<int:pk>/errors/", "/orders/imports/<int:pk>/errors/",
    "/customer-tasks/files/<int:pk>/", "/follow-ups/photos/<int:pk>/", "/follow-ups/<int:pk>/voice/", "/products/<pk>/picture/<size>/",
}  # fmt: skip
# Nobody looks at what a tracker app is answered.
FOR_MACHINES = {"/ingest/osmand/", "/ingest/owntracks/"}
# Buttons: sent without any value they do what they say. Everything else writes nothing when its form makes no sense.
BUTTONS = {
    *(f"/schedule/{does}/" for does in ("feed", "feed/revoke", "<int:pk>/delete", "<int:pk>/check-in")),
    "/customer-tasks/<int:pk>/contacts/<int:contact_pk>/remove/", "/customer-tasks/<int:pk>/shares/<int:share_pk>/revoke/",
    "/threads/<int:pk>/archive/", *(f"/announcements/<int:pk>/{does}/" for does in ("confirm", "withdraw", "remind")),
    *(f"/documents/<int:pk>/{does}/" for does in ("confirm", "publish", "archive", "delete", "remind", "versions/<int:number>/restore")),
    "/documents/files/<int:pk>/remove/", "/documents/folders/<int:pk>/delete/",
    *(f"/work-reports/{does}/" for does in ("read", "missing/remind", "<int:pk>/take-back", "<int:pk>/discard", "templates/<slug:role>/<slug:kind>/remove")),
    *(f"/instructions/<int:pk>/{does}/" for does in ("done", "withdraw")),
    "/competitors/<int:pk>/delete/", *(f"/reports/scheduled/<int:pk>/{does}/" for does in ("switch", "try", "delete")),
    "/messages/read/", "/views/<int:pk>/delete/", "/today/move-missed/", "/alerts/compute/",
    "/alerts/snoozes/<uuid:batch>/", "/alerts/<int:pk>/wake/",
    "/alerts/rules/<int:pk>/switch/", "/alerts/rules/<int:pk>/delete/", "/alerts/exemptions/<int:pk>/delete/",
    "/customers/<int:pk>/confirm-location/", "/customers/<int:pk>/contacts/<int:contact_pk>/delete/",
    "/customers/<int:pk>/share/<int:share_pk>/revoke/", "/customers/merges/<int:pk>/undo/",
    "/customers/bulk/<int:pk>/resume/", "/leads/bulk/<int:pk>/resume/",
    *(f"/customers/imports/<int:pk>/{does}/" for does in ("run", "cancel", "undo")),
    *(f"/leads/imports/<int:pk>/{does}/" for does in ("run", "cancel", "undo")),
    *(f"/orders/imports/<int:pk>/{does}/" for does in ("run", "resume", "cancel", "undo")),
    "/pool/<int:pk>/claim/", "/pool/rules/<int:pk>/switch/", "/pool/rules/<int:pk>/delete/",
    *(f"/leads/channels/<int:pk>/{does}/" for does in ("secret", "address", "test")),
    "/follow-ups/<int:pk>/delete/", "/orders/<int:pk>/close/",
    *(f"/quotes/<int:pk>/{does}/" for does in ("send", "discard", "copy")),
    "/agreements/<int:pk>/renew/", "/agreements/files/<int:pk>/remove/",
    "/deliveries/<int:pk>/reverse/", "/stock-documents/<int:pk>/reverse/", "/customers/<int:pk>/offset/",
    *(f"/{kind}/<int:pk>/allocate/" for kind in ("receipts", "returns")), "/allocations/<int:pk>/release/",
    "/products/categories/<int:pk>/down/", "/products/price-lists/<int:pk>/lines/<int:line_pk>/delete/",
    "/daily-reports/<int:pk>/take-back/", "/visits/phrases/<int:pk>/delete/",
    *(f"/territories/<int:pk>/{does}/" for does in ("again", "delete", "undo", "take-back")),
    *(f"/tour-plans/<int:pk>/{does}/" for does in ("search", "cancel", "copy", "delete", "publish", "withdraw")),
    "/tracks/mine/resume/", "/tracks/devices/<int:pk>/token/", "/tracks/devices/<int:pk>/revoke/",
    *(f"/map/look-ups/<int:pk>/{does}/" for does in ("undo", "resume")),
    *(f"/routes/<int:pk>/suggestion/{does}/" for does in ("ask", *(
        f"<int:suggestion_pk>/{does}" for does in ("accept", "undo", "drop")
    ))),
    *(f"/routes/<int:pk>/{does}/" for does in ("delete", "generate", "stops/<int:stop_pk>/remove")),
}  # fmt: skip
# A call is kept as it came, also the one that is refused; the words of a day, a step or an answer may be a number; a small
# key is a latitude; a task may be shared with anybody; a plan notes that somebody pressed "add all".
TAKES_ANYTHING = {
    "/instructions/<int:pk>/answer/", "/hooks/leads/<str:token>/", "/day-end/", "/work-reports/<int:pk>/comment/",
    "/customer-tasks/<int:pk>/steps/", "/customer-tasks/<int:pk>/people/", "/map/unlocated/<int:pk>/pin/",
    "/tour-plans/<int:pk>/customers/add/",
}  # fmt: skip
# Opened by the one it is for, it is marked as seen.
WRITES_WHEN_OPENED = {
    "/schedule/feed/<str:token>.ics",
    "/instructions/<int:pk>/",
    *(f"/instructions/{part}/<int:pk>/" for part in ("visits", "follow-ups", "orders")),
    "/instructions/days/<int:rep_pk>/<str:day>/",
    "/documents/<int:pk>/",
    "/schedule/<int:pk>/",
    "/work-reports/<int:pk>/",
    "/daily-reports/<int:pk>/",
    "/threads/<int:pk>/",
    "/announcements/<int:pk>/",
}
# Written at every request, whatever is asked; and figures kept from one reading to the next.
LOGS = ("territory_routequality", "django_session", "axes_", "accounts_accesslog", "auditlog_logentry")

_WRITE = re.compile(r'(INSERT|UPDATE|DELETE)(?: OR IGNORE)?(?: INTO| FROM)? "(\w+)"')
USERNAMES = ("rep1", "manager1", "boss", "office", "finance", "admin")


class World:
    """The demo company, and one logged-in client for each person."""

    def __init__(self) -> None:
        load_demo(customers=60, reps=2, days=21)  # both have one of each kind, whatever weekday it is
        self.media = settings.MEDIA_ROOT
        self.rep, self.other = (User.objects.get(username=f"rep{n}") for n in (1, 2))
        complete_demo(self.rep, self.other)
        self.able = [self.client(User.objects.get(username=name)) for name in USERNAMES]
        self.outsiders = [self.client(stranger(role)) for role in ("rep", "manager")]
        role = Role.objects.create(code="none", data_scope="all")
        self.nobody = self.client(User.objects.create(username="nobody", name="无权", role=role))
        known = [address for address in every_address() if set(address.prefixes) <= set(KEYS)]
        self.addresses = [(address, address.of(self.rep)) for address in known if address.path != "/logout/"]

    @staticmethod
    def client(user: User) -> Client:
        client = Client(raise_request_exception=False)
        client.force_login(user, backend="accounts.backends.RoleBackend")
        return client


@pytest.fixture(scope="module")
def whole_world(module_db):
    return World()


@pytest.fixture
def world(whole_world, db, settings):
    settings.MEDIA_ROOT = whole_world.media  # where its files lie
    # A refusal is logged with its traceback, which takes longer than the refusal.
    logging.disable(logging.ERROR)
    yield whole_world
    logging.disable(logging.NOTSET)


@contextmanager
def taken_back() -> Iterator[list[str]]:
    """What is written inside, but for the logs, is in the list afterwards, and undone."""
    written: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if (found := _WRITE.match(sql)) and context["cursor"].rowcount and not found[2].startswith(LOGS):
            written.append(f"{found[1]} {found[2]}")
        return result

    with transaction.atomic(), connection.execute_wrapper(watch):
        yield written
        transaction.set_rollback(True)


def ask(client: Client, url: str, method: str = "get", **more: Any) -> tuple[int, list[str]]:
    with taken_back() as written:
        response = getattr(client, method)(url, **more)
        # As the test client does: who closes an answer would close the connection, with the transaction around us.
        request_finished.disconnect(close_old_connections)
        response.close()
        request_finished.connect(close_old_connections)
    return response.status_code, written


def test_every_key_has_an_object():
    missing = {prefix for address in every_address() for prefix in address.prefixes} - set(KEYS)
    assert not missing, f"say in tests/project/addresses.py whose object stands in {sorted(missing)}"
    assert len(every_address()) > 350


@pytest.mark.once
def test_who_opens_what(world):
    """The one for whom it is opens it, a visitor is sent to the login, and who lacks the permission is refused."""
    wrong = []
    for address, url in world.addresses:
        for method in ("get", "post"):
            code, written = ask(Client(raise_request_exception=False), url, method)
            if address.path not in OPEN and (code != 302 or written):
                wrong.append(f"visitor {method} {address.path}: {code} {written}")
            code, written = ask(world.nobody, url, method)
            if address.path not in OPEN | EVERYBODY and (code not in (403, 405) or written):
                wrong.append(f"without permission {method} {address.path}: {code} {written}")
        if address.path not in WITHOUT_A_FILE | FOR_MACHINES:
            asked = url + ASKED.get(address.path, "").format(rep=world.rep.pk)
            if not any(ask(client, asked)[0] in (200, 302, 405) for client in world.able):
                wrong.append(f"nobody can open {address.path}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.once
def test_an_outsider_neither_sees_nor_changes(world):
    wrong = []
    for address, url in world.addresses:
        if not address.prefixes or address.path in OPEN or address.path.startswith(EVERYBODYS + NOBODYS):
            continue
        for client in world.outsiders:
            for method in ("get", "post"):
                code, written = ask(client, url, method)
                if code not in (404, 403, 405) or written:
                    wrong.append(f"{method} {address.path}: {code} {written}")
    assert not wrong, "\n".join(wrong)


# --- nonsense
class Nonsense(QueryDict):
    """A form that has every field, each with nonsense; `values`: by what a field's name ends with."""

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__("", mutable=True)
        self.values_by_end = values

    def _value(self, key: str) -> str:
        if key.endswith("_FORMS"):
            return {"TOTAL_FORMS": "2", "INITIAL_FORMS": "0"}.get(key.rsplit("-", 1)[-1], "0")
        ends = self.values_by_end
        return next((ends[end] for end in ends if end and key.endswith(end)), ends[""])

    def __contains__(self, key: object) -> bool:
        return True

    def __getitem__(self, key: str) -> str:
        return self._value(str(key))

    def get(self, key: Any, default: Any = None) -> Any:
        return self._value(str(key))

    def getlist(self, key: Any, default: Any = None) -> list[str]:
        return [self._value(str(key))]

    def copy(self) -> "Nonsense":
        return type(self)(self.values_by_end)


LONG = "长😀" * 3000
WRITTEN = (
    "note",
    "notes",
    "text",
    "name",
    "reason",
    "title",
    "intro",
    "body",
    "remark",
    "address",
    "q",
    "value",
)
SORTS: dict[str, dict[str, str]] = {
    "words": {"guess": "", **dict.fromkeys(WRITTEN, LONG), "": "abc\0😀"},
    "too large": {"guess": "", "": "99999999999999999999"},
}


def of_another(other: User, address: Address) -> dict[str, str]:
    """Keys that exist and are another team's, in every field that may take one."""
    customer = Customer.objects.filter(owner=other).first()
    same = KEYS.get(f"/{address.path.split('/')[1]}/<int:pk>/")
    keys = {
        "pk": same(other, ()) if same else customer.pk,
        "contact": Contact.objects.filter(customer=customer).first().pk,
        "lead": Lead.objects.filter(owner=other).first().pk,
        "product": Product.objects.first().pk,
        "into": customer.pk,
        **dict.fromkeys(("rep", "owner", "user", "to", "assignees", "superior"), other.pk),
        "": customer.pk,
    }
    return {end: str(key) for end, key in keys.items()}


@contextmanager
def saying(monkeypatch: pytest.MonkeyPatch, method: str, values: dict[str, str]) -> Iterator[list[str]]:
    """Requests say these values inside; the list holds one word for each time that somebody asked what they say."""
    asked: list[str] = []

    def said(_request: WSGIRequest) -> Nonsense:
        asked.append(method)
        return Nonsense(values)

    with monkeypatch.context() as patched:
        patched.setattr(WSGIRequest, method, property(said, lambda _request, _value: None))
        yield asked


def speak(
    client: Client, url: str, monkeypatch: pytest.MonkeyPatch, method: str, sorts: dict[str, dict[str, str]]
) -> Iterator[tuple[str, int, list[str]]]:
    """Each sort of nonsense in turn, with what came of it; after one that nobody looked at the others say nothing new."""
    for sort, values in sorts.items():
        with saying(monkeypatch, method, values) as asked:
            code, written = ask(client, url, method.lower())
        yield sort, code, written
        if not asked:
            return


@pytest.mark.once
def test_nonsense_is_refused(world, monkeypatch):
    """No address breaks, and none but a button writes: words too long, numbers too large, keys of others' rows."""
    wrong = []
    for address, url in world.addresses:
        for sort, code, written in speak(world.able[-1], url, monkeypatch, "GET", SORTS):
            if code >= 500 or (written and address.path not in WRITES_WHEN_OPENED):
                wrong.append(f"{sort}: GET {address.path}: {code} {sorted(set(written))}")
        answers = ((client, ask(client, url, "post")[0]) for client in world.able)
        client, code = next(((c, code) for c, code in answers if code not in (403, 404)), (None, 405))
        if client is None or code == 405:
            continue
        sorts = dict(SORTS)
        if client in world.able[:2] and not address.path.startswith(EVERYBODYS):  # the others see both teams
            sorts["others'"] = of_another(world.other, address)
        for sort, code, written in speak(client, f"{url}?next=abc", monkeypatch, "POST", sorts):
            if code >= 500 or (written and address.path not in BUTTONS | TAKES_ANYTHING):
                wrong.append(f"{sort}: POST {address.path}: {code} {sorted(set(written))}")
    assert not wrong, "\n".join(wrong)
