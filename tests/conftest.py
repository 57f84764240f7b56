"""Fixtures for every app: people in a small organisation, and logged-in clients."""

import datetime as dt
import gc
import os
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.db import transaction
from django.test import Client, override_settings
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from accounts.receivers import remember_default_views
from common import throttle
from tests.factories import DepartmentFactory, UserFactory
from tests.seed import keep_seed
from tests.template_database import use_template

TESTS = Path(__file__).parent


def pytest_configure(config):
    """Before any middleware reads its settings, that of the live server included.

    The test client and the live server speak plain http; check --deploy in .ci/run looks at the real values.
    """
    settings.SECURE_SSL_REDIRECT = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = False
    # Each test process counts its own rate limits.
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.MAP_TILES = "none"  # a browser test asks nobody outside for tiles
    # As many passwords are set and tried as in a year of one person.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    config.pluginmanager.register(_LongestFirst())
    # A busy machine is no fault of what is tested. CI asks the same examples of the same code; elsewhere chance looks for
    # more.
    hypothesis_settings.register_profile(
        "unhurried",
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        derandomize="CI" in os.environ,
    )
    hypothesis_settings.load_profile("unhurried")
    gc.disable()  # until all tests are read: looking for garbage among them took a tenth of the time


def pytest_collection_finish(session):
    """Modules and tests stay to the end: the collector need not look at them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


@pytest.fixture(autouse=True)
def _fresh_counters(monkeypatch):
    """What one test asked too often is not held against the next one's user, who has the same key.

    And all of a test counts into one window, even when the clock's minute turns in its midst.
    """
    cache.clear()
    monkeypatch.setattr(throttle, "_window", lambda now: 0)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    use_template()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        keep_seed()


@contextmanager
def rolled_back(django_db_blocker, tmp_path_factory):
    """The database within a transaction that is taken back at the end, files in a folder of their own."""
    apart = override_settings(MEDIA_ROOT=str(tmp_path_factory.mktemp("media")), CELERY_TASK_ALWAYS_EAGER=True)
    with django_db_blocker.unblock(), apart, transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def module_db(django_db_setup, django_db_blocker, tmp_path_factory):
    """For fixtures of a module that make many rows once: taken back after its last test. No test of it may commit."""
    with rolled_back(django_db_blocker, tmp_path_factory):
        yield


def _commits(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool(marker and marker.kwargs.get("transaction")) or bool(
        fixtures & {"transactional_db", "live_server"}
    )


def pytest_addoption(parser):
    parser.addoption(
        "--database-only",
        action="store_true",
        help="leave out what asks no database: a second run, on another one, has nothing new to say about it",
    )

    parser.addoption(
        "--without-database-of",
        metavar="APP,APP",
        default="",
        help="leave out what asks a database in the tests of these apps, but for races: another run asks it",
    )


def _asks_database(item: pytest.Item) -> bool:
    return bool(item.get_closest_marker("django_db")) or "db" in getattr(item, "fixturenames", ())


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    if config.getoption("--database-only"):
        asking = [item for item in items if _asks_database(item) or _commits(item)]
        config.hook.pytest_deselected(items=list(set(items) - set(asking)))
        items[:] = asking
    if apps := {app for app in config.getoption("--without-database-of").split(",") if app}:
        left = [
            item
            for item in items
            if item.path.relative_to(TESTS).parts[0] in apps
            and not item.path.stem.endswith("races")
            and (_asks_database(item) or _commits(item))
        ]
        config.hook.pytest_deselected(items=left)
        gone = set(left)
        items[:] = [item for item in items if item not in gone]


class _LongestFirst:
    """Two processes share the files in their order: a long one at the end would leave the other process idle."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items):
        items.sort(key=lambda item: (item.path.parent.name != "browser", "every_page" not in item.path.name))


@pytest.fixture(autouse=True)
def _fast_and_local(settings, tmp_path):
    """No test writes outside its own folder, waits for a broker, or needs collectstatic."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.CELERY_TASK_ALWAYS_EAGER = True
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def make_people() -> SimpleNamespace:
    """owner: a rep; superior: the manager of his department tree; outsider: a rep elsewhere; admin: sees all."""
    head = DepartmentFactory(name="总部")
    sales = DepartmentFactory(name="销售一部", parent=head)
    other = DepartmentFactory(name="销售二部", parent=head)
    superior = UserFactory(username="superior", name="王经理", role="manager", department=sales)
    return SimpleNamespace(
        head=head,
        sales=sales,
        other=other,
        superior=superior,
        owner=UserFactory(username="owner", name="李业务", department=sales, superior=superior),
        colleague=UserFactory(username="colleague", name="张业务", department=sales, superior=superior),
        outsider=UserFactory(username="outsider", name="赵外人", department=other),
        finance=UserFactory(username="finance", name="钱财务", role="finance", department=head),
        admin=UserFactory(username="boss", name="管理员", role="admin", department=head, is_staff=True),
    )


@pytest.fixture
def people(db):
    return make_people()


class _Browser(Client):
    """Keeps what came as a stream: a test that looks at its headers only leaves the file open.

    Logged in by a session alone, as our own receiver fills it. Django's force_login also tells axes, the audit log and
    the last login's time, which took a tenth of a test; tests of logging in post the form.
    """

    def __init__(self) -> None:
        super().__init__()
        self.streams: list = []

    def enter(self, user) -> None:
        session = SessionStore()
        session[SESSION_KEY] = user._meta.pk.value_to_string(user)
        session[BACKEND_SESSION_KEY] = "accounts.backends.RoleBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        remember_default_views(sender=None, request=SimpleNamespace(session=session), user=user)
        session.create()
        self.cookies[settings.SESSION_COOKIE_NAME] = session.session_key

    def request(self, **request):
        response = super().request(**request)
        if response.streaming:
            self.streams.append(response)
        return response


@pytest.fixture
def login():
    """login(user) → a client logged in as that user."""
    clients = []

    def _login(user) -> Client:
        client = _Browser()
        client.enter(user)
        clients.append(client)
        return client

    yield _login
    for client in clients:
        for response in client.streams:
            for _rest in response.streaming_content:  # the end of it closes the file
                pass


@pytest.fixture
def noon(monkeypatch):
    """noon(day): from now on the application's clock stands at noon of that day, wherever midnight is."""

    def _noon(day):
        moment = dt.datetime.combine(day, dt.time(12), tzinfo=timezone.get_default_timezone())
        monkeypatch.setattr(timezone, "now", lambda: moment)

    return _noon


@pytest.fixture
def written_in_2026(monkeypatch):
    """Days of 2026 are written without their year, whenever the test runs."""
    monkeypatch.setattr("common.business_calendar.this_year", lambda: 2026)
