"""Papers as PDF: the HTML of common.markup.clean_paper with the Chinese font inside the file."""

from common.pdf.draw import html_to_pdf

__all__ = ["html_to_pdf"]
