"""Words that wait for their reader: what is written for a person is worded in his language, not in the writer's."""

from collections.abc import Callable

from django.utils import translation
from django.utils.functional import Promise

# A text that somebody wrote, a lazy one, or a function that is asked in the reader's language. `gettext_lazy(…) % values`
# is worded at once by Django: use a function for it.
Words = str | Promise | Callable[[], str]


def say(words: Words, language: str) -> str:
    """These words in this language ("en", "zh-hans")."""
    if isinstance(words, str):
        return words
    with translation.override(language):
        return str(words() if callable(words) else words)
