"""QR codes as SVG, made here: no address of ours is handed to a service of strangers."""

from io import BytesIO


def qr_svg(text: str) -> bytes:
    """A QR code of `text` on a white square with the quiet border, as a whole SVG document that scales to any size.

    A seventh of it may be soiled and it is still read (error correction M, or better where the size allows).
    Raises ValueError for a text too long for a code (about 2,300 bytes).
    """
    import segno  # only where a code is asked for

    code = segno.make(text, error="m", micro=False)
    out = BytesIO()
    code.save(
        out, kind="svg", border=4, dark="#000", light="#fff", xmldecl=True, omitsize=True, svgclass=None
    )
    return out.getvalue()
