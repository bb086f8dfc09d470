"""Text files of people, in whatever encoding they say."""

import codecs

from gan_core.errors import BadInput
from gan_core.files import Place, read_bytes

ENCODINGS = {  # by the mark at the start; that of UTF-32 begins with that of UTF-16
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


class UnreadableText(BadInput):
    """A text file is in an encoding that it does not say."""


def read_text(path: Place) -> str:
    """The text of a file; UnreadableText if its encoding cannot be told.

    A mark at the start tells UTF-16, as older PowerShells write it; without one the text must be UTF-8.
    """
    content = read_bytes(path)
    encoding = next((name for mark, name in ENCODINGS.items() if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableText(
            f"Expected UTF-8 text in {path}, got another encoding such as Latin-1 (“{error.reason}”); save it as UTF-8."
        ) from error
    if "\0" in text:
        raise UnreadableText(f"Expected UTF-8 text in {path}, got bytes of zero as in UTF-16; save it as UTF-8.")
    return text


def read_lines(path: Place) -> list[str]:
    """The lines of a text file that are not blank, without blanks at their ends; UnreadableText as above."""
    return [line.strip() for line in read_text(path).splitlines() if line.strip()]
