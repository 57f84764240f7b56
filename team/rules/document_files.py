"""What an attachment may be, by its content. Pure."""

from __future__ import annotations

from dataclasses import dataclass

_OFFICE = "application/vnd.openxmlformats-officedocument."
MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file: what it is served as, how large it may be, whether the browser shows it and whether it has text."""

    content_type: str
    most_bytes: int = 20 * MB
    inline: bool = False
    has_text: bool = True
    folder: str = ""  # of an Office package, where its parts stand


KINDS: dict[str, FileKind] = {
    "pdf": FileKind("application/pdf", inline=True),
    "docx": FileKind(f"{_OFFICE}wordprocessingml.document", folder="word/"),
    "xlsx": FileKind(f"{_OFFICE}spreadsheetml.sheet", folder="xl/"),
    "pptx": FileKind(f"{_OFFICE}presentationml.presentation", folder="ppt/"),
    "txt": FileKind("text/plain; charset=utf-8", most_bytes=2 * MB),
    "jpg": FileKind("image/jpeg", most_bytes=15 * MB, inline=True, has_text=False),
    "mp4": FileKind("video/mp4", most_bytes=50 * MB, inline=True, has_text=False),
}
PICTURES = ("jpg", "jpeg", "png", "webp")
ACCEPT = ".pdf,.docx,.xlsx,.pptx,.txt,.jpg,.jpeg,.png,.webp,.mp4"
_HEADS = {"pdf": b"%PDF-", "docx": b"PK\x03\x04", "xlsx": b"PK\x03\x04", "pptx": b"PK\x03\x04"}


def kind_of(name: str) -> str:
    """The ending of a file's name, as KINDS names it; "" for one that is not taken."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending in PICTURES:
        return "jpg"
    return ending if ending in KINDS else ""


def begins_as(suffix: str, head: bytes) -> bool:
    """Whether the first bytes are those of such a file; text and pictures are looked at whole by their readers."""
    if suffix == "mp4":
        return head[4:8] == b"ftyp" and not head[8:12].startswith(b"qt")
    return head.startswith(_HEADS.get(suffix, b""))


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte that a Range header asks for; None for none, several, or one outside of the file."""
    unit, _equals, span = header.strip().partition("=")
    first_text, dash, last_text = span.partition("-")
    if unit != "bytes" or not dash or "," in span:
        return None
    if not all(
        part == "" or (part.isascii() and part.isdigit() and len(part) < 13)
        for part in (first_text, last_text)
    ):
        return None
    if first_text == "":
        if last_text in ("", "0"):
            return None
        return max(0, size - int(last_text)), size - 1
    first, last = int(first_text), min(int(last_text) if last_text else size - 1, size - 1)
    return (first, last) if first <= last else None
