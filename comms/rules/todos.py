"""One line of the to-do list, as the apps that know of work answer comms.signals.collecting_todos with it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Todo:
    """`count` things of one sort wait for a person; `url` (a path of ours) shows them. `late`: of these, how many are
    overdue. `order` sorts the list: 10 customers, 20 visits, 30 sales, 40 money, 50 alerts, 60 messages."""

    key: str
    label: str
    count: int
    url: str
    icon: str = "checks"
    late: int = 0
    order: int = 50
