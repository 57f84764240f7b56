"""Who reads what in which language, for the tests of notices."""

from accounts.models import User
from comms.models import Notification


def english(*people) -> None:
    """These people read English; whoever is not named reads the company's Chinese."""
    User.objects.filter(pk__in=[person.pk for person in people]).update(language="en")
    for person in people:
        person.language = "en"


def last_words(person) -> str:
    """Title and text of the person's newest notice."""
    notice = Notification.objects.filter(recipient=person).latest("pk")
    return f"{notice.title} | {notice.body}"
