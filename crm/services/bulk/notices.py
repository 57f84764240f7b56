"""What the new owner or the colleague is told when a bulk action is over."""

from functools import partial

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from common.business_calendar import business_day, today
from comms.enums import NoticeKind
from comms.services import Notice, Words, notify
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
    url, words = _words(job)
    note = str(job.params.get("note", ""))
    kind = NoticeKind.LEAD if job.of_leads else NoticeKind.CUSTOMER
    notify([Notice(person.pk, kind, words, body=note, url=url, key=f"bulk:{job.pk}")])


def _words(job: BulkJob) -> tuple[str, Words]:
    """The page it is about, and the title."""
    if job.of_leads:
        return _lead_address(job), partial(_of_leads, job.changed)
    one = job.items.filter(changed=True).values_list("customer_id", "customer__name").first()
    if job.changed == 1 and one is not None:
        return reverse("crm:customer_detail", args=[one[0]]), partial(_of_customer, job, one[1])
    if job.kind == BulkKind.SHARE:
        return reverse("crm:share_list") + "?way=in", partial(_of_customers, job)
    day = business_day(job.finished_at) if job.finished_at else today()
    return reverse("crm:customer_list") + f"?received_after={day}", partial(_of_customers, job)


def _of_leads(count: int) -> str:
    return ngettext("You got %(n)s new lead", "You got %(n)s new leads", count) % {"n": count}


def _of_customer(job: BulkJob, name: str) -> str:
    values = {"person": job.created_by, "customer": name}
    if job.kind == BulkKind.SHARE:
        return _("%(person)s shares %(customer)s with you") % values
    if job.kind == BulkKind.TRANSFER:
        return _("%(person)s handed %(customer)s over to you") % values
    return _("%(person)s assigned %(customer)s to you") % values


def _of_customers(job: BulkJob) -> str:
    if job.kind == BulkKind.SHARE:
        text = ngettext(
            "%(person)s shares %(n)s customer with you",
            "%(person)s shares %(n)s customers with you",
            job.changed,
        )
    elif job.kind == BulkKind.TRANSFER:
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
    return text % {"n": job.changed, "person": job.created_by}


def _lead_address(job: BulkJob) -> str:
    """The lead, or the list of his leads."""
    if job.changed == 1:
        lead_id = job.items.filter(changed=True).values_list("lead_id", flat=True).first()
        return reverse("crm:lead_detail", args=[lead_id])
    return f"{reverse('crm:lead_list')}?owner={job.params['owner']}"
