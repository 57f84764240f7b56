"""What the new owner or the colleague is told when a bulk action is over."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.services import in_language_of
from common.business_calendar import business_day, today
from comms.enums import NoticeKind
from comms.services import Notice, notify
from crm.enums import BulkKind
from crm.models import BulkJob


def tell(job: BulkJob) -> None:
    """One notice for the whole action, in the reader's language, with the hand-over note; once, whoever calls it."""
    person_id = job.params.get("owner") if job.kind != BulkKind.SHARE else job.params.get("user")
    if not job.changed or person_id in (None, job.created_by_id):
        return
    person = User.objects.filter(pk=person_id, is_active=True).first()
    if person is None:
        return
    with in_language_of(person):
        title, url = _words(job)
        note = str(job.params.get("note", ""))
        kind = NoticeKind.LEAD if job.of_leads else NoticeKind.CUSTOMER
        notify([Notice(person.pk, kind, title, body=note, url=url, key=f"bulk:{job.pk}")])


def _words(job: BulkJob) -> tuple[str, str]:
    if job.of_leads:
        title = ngettext("You got %(n)s new lead", "You got %(n)s new leads", job.changed)
        return title % {"n": job.changed}, _lead_address(job)
    values = {"n": job.changed, "person": job.created_by}
    one = job.items.filter(changed=True).values_list("customer_id", "customer__name").first()
    if job.changed == 1 and one is not None:
        url, values = reverse("crm:customer_detail", args=[one[0]]), {**values, "customer": one[1]}
        if job.kind == BulkKind.SHARE:
            return _("%(person)s shares %(customer)s with you") % values, url
        if job.kind == BulkKind.TRANSFER:
            return _("%(person)s handed %(customer)s over to you") % values, url
        return _("%(person)s assigned %(customer)s to you") % values, url
    if job.kind == BulkKind.SHARE:
        text = ngettext(
            "%(person)s shares %(n)s customer with you",
            "%(person)s shares %(n)s customers with you",
            job.changed,
        )
        return text % values, reverse("crm:share_list") + "?way=in"
    if job.kind == BulkKind.TRANSFER:
        text = ngettext(
            "%(person)s handed %(n)s customer over to you",
            "%(person)s handed %(n)s customers over to you",
            job.changed,
        )
    else:
        text = ngettext(
            "%(person)s assigned %(n)s customer to you",
            "%(person)s assigned %(n)s customers to you",
            job.changed,
        )
    day = business_day(job.finished_at) if job.finished_at else today()
    return text % values, reverse("crm:customer_list") + f"?received_after={day}"


def _lead_address(job: BulkJob) -> str:
    """The lead, or the list of his leads."""
    if job.changed == 1:
        lead_id = job.items.filter(changed=True).values_list("lead_id", flat=True).first()
        return reverse("crm:lead_detail", args=[lead_id])
    return f"{reverse('crm:lead_list')}?owner={job.params['owner']}"
