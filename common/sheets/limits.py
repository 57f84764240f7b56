"""How much a file may hold. The reading library keeps one sheet in memory (about 90 bytes a cell), so the bounds
are on cells and unpacked bytes; they allow some 300,000 rows of 15 columns.
"""

MAX_FILE_BYTES = 100 * 1024 * 1024
MAX_ZIP_ENTRIES = 2_000
MAX_UNPACKED_BYTES = 300 * 1024 * 1024
# Spreadsheet XML packs 10 to 40 times; a bomb packs about 1,000 times. Small files may do as they like.
MAX_RATIO = 120
RATIO_FREE_BYTES = 16 * 1024 * 1024
# The rectangle from the first to the last filled cell: two cells in far corners would take 500 GB.
MAX_AREA_CELLS = 6_000_000
# One cell of a CSV file; more means a quotation mark that is never closed.
MAX_FIELD_CHARS = 131_072
