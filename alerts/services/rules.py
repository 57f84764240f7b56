"""Managers change the rules of customer alerts and who is exempt; the engine reads them within a minute."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from alerts.models import AlertExemption, AlertRule
from alerts.queries.rules import MOST_TAGS, named_tag_ids
from alerts.rules import KINDS
from alerts.services.versions import keep_versions


@transaction.atomic
def save_rule(*, actor: User, rule: AlertRule) -> AlertRule:
    """Save a rule, new or changed, and the version that it is from now on.

    Raises ValidationError for a kind that does not exist, a period or threshold that the kind cannot have, dates the
    wrong way round, and one tag too many.
    """
    kind = KINDS.get(rule.kind)
    if kind is None:
        raise ValidationError({"kind": _("There is no such kind of alert.")})
    if not kind.period:
        rule.period_days, rule.working_days = 0, False
    elif rule.period_days < kind.least_period:
        raise ValidationError({"period_days": _("At least %(n)s for this kind.") % {"n": kind.least_period}})
    _require_threshold(rule)
    if rule.starts_on and rule.ends_on and rule.ends_on < rule.starts_on:
        raise ValidationError({"ends_on": _("The rule ends before it begins.")})
    tags = named_tag_ids(without=rule.pk) | ({rule.tag_id} if rule.tag_id else set())
    if len(tags) > MOST_TAGS:
        raise ValidationError(
            {"tag": _("Rules and exemptions may name %(n)s tags at most.") % {"n": MOST_TAGS}}
        )
    rule.save()
    keep_versions(actor=actor)
    return rule


def _require_threshold(rule: AlertRule) -> None:
    threshold = KINDS[rule.kind].threshold
    if threshold is None:
        rule.threshold = None
        return
    if rule.threshold is None:
        raise ValidationError({"threshold": _("This kind needs a threshold.")})
    if not threshold.least <= rule.threshold <= threshold.most:
        raise ValidationError(
            {
                "threshold": _("From %(least)s to %(most)s for this kind.")
                % {"least": threshold.least, "most": threshold.most}
            }
        )


@transaction.atomic
def delete_rule(*, actor: User, rule: AlertRule) -> None:
    """Delete a rule; its versions stay, so that its alerts can still say why they were opened."""
    keep_versions(actor=actor)
    rule.delete()


@transaction.atomic
def save_exemption(*, actor: User, exemption: AlertExemption) -> AlertExemption:
    """Save who is left alone, by which kind, until when and why; exactly one of level, tag and customer is named."""
    named = [bool(exemption.level), bool(exemption.tag_id), bool(exemption.customer_id)]
    if sum(named) != 1:
        raise ValidationError(_("Name one of level, tag and customer."))
    if not exemption.reason.strip():
        raise ValidationError({"reason": _("Say why.")})
    tags = named_tag_ids() | ({exemption.tag_id} if exemption.tag_id else set())
    if len(tags) > MOST_TAGS:
        raise ValidationError(
            {"tag": _("Rules and exemptions may name %(n)s tags at most.") % {"n": MOST_TAGS}}
        )
    if exemption.pk is None:
        exemption.created_by = actor
    exemption.save()
    return exemption
