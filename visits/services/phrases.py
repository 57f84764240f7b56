"""A person's own phrases."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from visits.models import Phrase

MAX_PHRASES = 50


@transaction.atomic
def save_phrase(*, actor: User, use: str, text: str, phrase: Phrase | None = None) -> Phrase:
    """Add a phrase of the actor's own, or change one. Raises ValidationError for somebody else's, or too many."""
    mine = Phrase.objects.filter(user=actor)
    if phrase is None:
        if mine.count() >= MAX_PHRASES:
            raise ValidationError(_("At most %(count)s phrases of your own.") % {"count": MAX_PHRASES})
        phrase = Phrase(user=actor)
    elif phrase.user_id != actor.pk:
        raise ValidationError(_("Only your own phrases can be changed."))
    phrase.use, phrase.text = use, text.strip()
    phrase.full_clean(exclude=["user"])
    phrase.save()
    return phrase


@transaction.atomic
def delete_phrase(*, actor: User, phrase: Phrase) -> None:
    """Take away one of the actor's own. Raises ValidationError for somebody else's."""
    if not Phrase.objects.filter(pk=phrase.pk, user=actor).delete()[0]:
        raise ValidationError(_("Only your own phrases can be changed."))
