"""The SQL of the alert engine; see alerts.services.engine for what it does with it."""

from accounts.models import User
from alerts.models import Alert, AlertExemption, AlertMark
from crm.models import Customer

TABLES = {
    "alert": Alert._meta.db_table,
    "customer": Customer._meta.db_table,
    "person": User._meta.db_table,
    "tagged": Customer.tags.through._meta.db_table,
    "spared": AlertExemption._meta.db_table,
    "mark": AlertMark._meta.db_table,
}
# What the two databases do not share: how a date is passed, adding days, JSON, and the key that lets SQLite find a
# row; PostgreSQL hashes both sides and would only pay for an index.
WORDS = {
    "postgresql": {
        "today": "%s::date",
        "due": "{base} + r.shift",
        "json": "jsonb",
        "key": "",
        "empty": "'{}'::jsonb",
        "differs": "IS DISTINCT FROM",
        "drop": "ON COMMIT DROP",
    },
    "sqlite": {
        "today": "%s",
        "due": "date({base}, '+' || r.shift || ' days')",
        "json": "text",
        "key": ", PRIMARY KEY (customer_id, kind)",
        "empty": "'{}'",
        "differs": "IS NOT",
        "drop": "",
    },
}
CREATE = (
    """
CREATE TEMPORARY TABLE alerts_choice (
    kind varchar(20) NOT NULL, department_id bigint NOT NULL, level varchar(1) NOT NULL, channel_id bigint NOT NULL,
    tags bigint NOT NULL, rule_id bigint, version_id bigint, period_days integer NOT NULL, shift integer NOT NULL,
    is_working integer NOT NULL, sticky integer NOT NULL, threshold numeric, first_on date NOT NULL,
    last_on date NOT NULL) {drop}
""",
    # Every customer and kind that is due, once. The statements after it read this instead of judging again.
    """
CREATE TEMPORARY TABLE alerts_due (
    customer_id bigint NOT NULL, kind varchar(20) NOT NULL, rule_id bigint, version_id bigint,
    period_days integer NOT NULL, base_on date NOT NULL, due_on date NOT NULL, owner_id bigint,
    is_working integer NOT NULL, sticky integer NOT NULL, facts {json}{key}) {drop}
""",
)
# Who is judged by which line of the choices; `{more}` are the joins that only some rules need.
JUDGED = """
FROM {customer} c
JOIN {person} u ON u.id = c.owner_id
{more}
JOIN alerts_choice r ON r.level = c.level AND r.department_id = {department} AND r.channel_id = {channel}
    AND r.tags = {tags}
"""
WHO = "c.status = %s AND NOT c.alerts_exempt{spared}"
COLUMNS = "customer_id, kind, rule_id, version_id, period_days, base_on, due_on, owner_id, is_working, sticky, facts"
# The base date R is compared with the dates of the choice, so that only what gets opened needs arithmetic on dates.
SCAN = """
INSERT INTO alerts_due ({columns})
SELECT r.id, r.kind, r.rule_id, r.version_id, r.period_days, r.base_on, {due}, r.owner_id, r.is_working, r.sticky, NULL
FROM (
    SELECT c.id, c.owner_id, r.kind, r.rule_id, r.version_id, r.period_days, r.shift, r.is_working, r.sticky,
        r.last_on, COALESCE(CASE r.kind {cases} END,
            CASE WHEN c.received_on > c.created_on THEN c.received_on ELSE c.created_on END) AS base_on
    {judged}
    WHERE r.kind IN ({kinds}) AND {who}
) r
WHERE r.base_on <= r.last_on
"""
ASK = """
WITH k (customer_id, base_on, value, facts) AS ({rows})
INSERT INTO alerts_due ({columns})
SELECT c.id, r.kind, r.rule_id, r.version_id, r.period_days, k.base_on, {due}, c.owner_id, r.is_working, r.sticky,
    k.facts
{judged} JOIN k ON k.customer_id = c.id
WHERE r.kind = %s AND {who} AND k.base_on >= r.first_on AND k.base_on <= r.last_on
    AND (r.threshold IS NULL OR k.value >= r.threshold)
"""
# Also closes what is still due but counted from another day or with another period, unless its kind says that this is
# the same alert: the same run opens it anew.
CLOSE = """
UPDATE {alert} SET closed_on = {today}
WHERE closed_on IS NULL{touched} AND NOT EXISTS (
    SELECT 1 FROM alerts_due j
    WHERE j.customer_id = {alert}.customer_id AND j.kind = {alert}.kind AND (j.sticky > 0
        OR j.base_on = {alert}.base_on AND j.period_days = {alert}.period_days AND j.due_on = {alert}.due_on))
RETURNING kind
"""
# sticky 2: found again today, open since the day it was found first.
REFRESH = """
UPDATE {alert} SET base_on = CASE WHEN j.sticky = 2 THEN {alert}.base_on ELSE j.base_on END,
    due_on = CASE WHEN j.sticky = 2 THEN {alert}.due_on ELSE j.due_on END, period_days = j.period_days,
    rule_id = j.rule_id, version_id = j.version_id, facts = COALESCE(j.facts, {empty})
FROM alerts_due j
WHERE j.sticky > 0 AND j.customer_id = {alert}.customer_id AND j.kind = {alert}.kind AND {alert}.closed_on IS NULL
    AND ((j.sticky = 1 AND (j.base_on <> {alert}.base_on OR j.due_on <> {alert}.due_on))
        OR j.version_id {differs} {alert}.version_id OR j.facts {differs} {alert}.facts)
"""
OPEN = """
INSERT INTO {alert} (customer_id, kind, owner_id, rule_id, version_id, base_on, period_days, due_on, opened_on, facts)
SELECT j.customer_id, j.kind, j.owner_id, j.rule_id, j.version_id, j.base_on, j.period_days, j.due_on, {today},
    COALESCE(j.facts, {empty})
FROM alerts_due j
WHERE NOT EXISTS (
    SELECT 1 FROM {alert} a WHERE a.customer_id = j.customer_id AND a.kind = j.kind AND a.closed_on IS NULL)
ON CONFLICT DO NOTHING
"""
FOLLOW = """
UPDATE {alert} SET owner_id = c.owner_id
FROM {customer} c
WHERE c.id = {alert}.customer_id AND {alert}.closed_on IS NULL AND {alert}.owner_id {differs} c.owner_id
    AND {alert}.customer_id IN (SELECT customer_id FROM alerts_touched)
"""
