from django.db import models


class Sequence(models.Model):
    """The last number given out under a name ("customer", "order-20261122"); see crm.services.next_numbers."""

    name = models.CharField(max_length=40, primary_key=True)
    value = models.PositiveBigIntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.name} {self.value}"
