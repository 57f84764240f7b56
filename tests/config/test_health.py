"""/healthz: what proxies and orchestrators ask."""

from unittest import mock

import pytest
from django.db import OperationalError

pytestmark = pytest.mark.django_db


def test_well(client):
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_says_that_the_database_is_away(client):
    with mock.patch("config.health.connection.cursor", side_effect=OperationalError("gone")):
        response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json()["reasons"] == {"database": "OperationalError"}


def test_says_that_the_broker_is_away(client, settings):
    with mock.patch("config.health.current_app.connection_for_write", side_effect=OSError("refused")):
        response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json()["reasons"] == {"broker": "OSError"}
