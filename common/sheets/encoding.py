"""Which characters a text file is written in."""

import codecs
from pathlib import Path

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What Excel, WPS and old tills in China write without a mark. GB18030 holds GBK and GB2312.
_UNMARKED = ("utf-8", "gb18030")
_CHUNK = 1 << 20
# Control characters no text has: they mean a binary file that happens to decode.
_BINARY = bytes(set(range(32)) - set(b"\t\n\r\f\x1a\x1b"))


def detect_encoding(path: Path) -> str | None:
    """A codec that reads the whole file, or None when it is no text: byte-order mark, then UTF-8, then GB18030."""
    with path.open("rb") as file:
        head = file.read(4)
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding if _decodes(path, encoding) else None
    if _is_binary(path):
        return None
    return next((encoding for encoding in _UNMARKED if _decodes(path, encoding)), None)


def _is_binary(path: Path) -> bool:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if len(chunk.translate(None, _BINARY)) != len(chunk):
                return True
    return False


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                if "\0" in decoder.decode(chunk):
                    return False
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
