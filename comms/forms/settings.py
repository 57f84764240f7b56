"""How one wants to be told: hours, addresses, and a choice for each kind and channel."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from accounts.models import SystemOptions, User
from common.widgets import PlainSelect
from comms.enums import Channel, Frequency, NoticeKind
from comms.models import NotifySettings
from comms.rules.preferences import chosen, name_of

DAYS_OFF = [("", _("As in the company")), ("1", _("Yes")), ("0", _("No"))]


def time_input() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class SettingsForm(forms.Form):
    email = forms.EmailField(label=_("E-mail"), required=False)
    chat_url = forms.CharField(
        label=_("Address of my chat bot"),
        required=False,
        max_length=300,
        help_text=_("wecombot://KEY/, dingtalk://TOKEN/ or feishu://TOKEN/. Empty: none."),
    )
    quiet_start = forms.TimeField(label=_("Quiet from"), required=False, widget=time_input())
    quiet_end = forms.TimeField(label=_("Quiet until"), required=False, widget=time_input())
    quiet_days_off = forms.ChoiceField(
        label=_("Quiet on days off"), required=False, choices=DAYS_OFF, widget=PlainSelect()
    )

    def __init__(
        self, *args: Any, user: User, row: NotifySettings | None, channels: list[Channel], **kwargs: Any
    ) -> None:
        first = {"email": user.email}
        if row is not None:
            off = row.quiet_days_off
            first |= {name: getattr(row, name) for name in ("chat_url", "quiet_start", "quiet_end")}
            first["quiet_days_off"] = "" if off is None else str(int(off))
        super().__init__(*args, initial=first, **kwargs)
        self.channels = channels
        options = SystemOptions.load()
        self.fields["quiet_end"].help_text = _(
            "Empty: as in the company, %(start)s to %(end)s. The same time twice: never quiet."
        ) % {"start": f"{options.quiet_start:%H:%M}", "end": f"{options.quiet_end:%H:%M}"}
        choices = row.choices if row is not None else {}
        for kind in NoticeKind:
            for channel in channels:
                self.fields[name_of(kind, channel)] = forms.ChoiceField(
                    label=f"{kind.label} · {channel.label}",
                    choices=Frequency.choices,
                    initial=chosen(choices, kind, channel),
                    widget=PlainSelect(),
                )

    def matrix(self) -> list[tuple[str, list[tuple[str, BoundField]]]]:
        """Rows for the template: a kind's name and its (channel's name, field)."""
        return [
            (kind.label, [(channel.label, self[name_of(kind, channel)]) for channel in self.channels])
            for kind in NoticeKind
        ]

    def personal(self) -> list[BoundField]:
        return [self[name] for name in ("email", "chat_url", "quiet_start", "quiet_end", "quiet_days_off")]

    def wishes(self) -> dict[str, Any]:
        """What comms.services.reach.save_settings takes, but for the user."""
        data = self.cleaned_data
        off = data["quiet_days_off"]
        return {
            "email": data["email"],
            "chat_url": data["chat_url"].strip(),
            "quiet_start": data["quiet_start"],
            "quiet_end": data["quiet_end"],
            "quiet_days_off": None if off == "" else off == "1",
            "choices": {
                (kind, channel): Frequency(data[name_of(kind, channel)])
                for kind in NoticeKind
                for channel in self.channels
            },
        }
