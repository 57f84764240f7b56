"""Names of shops and companies: one form for comparing, initials for typing, grams for searching."""

from common.names.grams import folded_grams, gram_numbers, is_one_gram, query_grams, search_grams
from common.names.initials import pinyin_initials
from common.names.many_grams import gram_numbers_of_each
from common.names.normal import fold, normalise_name
from common.names.similar import similar_grams, similar_lengths, without_one

__all__ = [
    "fold",
    "folded_grams",
    "gram_numbers",
    "gram_numbers_of_each",
    "is_one_gram",
    "normalise_name",
    "pinyin_initials",
    "query_grams",
    "search_grams",
    "similar_grams",
    "similar_lengths",
    "without_one",
]
