"""How a text table is written: encoding, delimiter, comments, and where its header is."""

import csv
import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from sobolev._base.errors import DataError
from sobolev.data.numerals import cell

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$")
_MULTI = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_SEP = re.compile(r'"?sep=(.)"?[;,\t ]*', re.I)
MARKS = "#%"
WHITE = " "  # any run of spaces and tabs
Rows = list[tuple[int, list[str]]]


@dataclass(frozen=True)
class Dialect:
    """What is found out about a text before its cells are read.

    `delimiter`: a sign, or " " for any white space; `text`, in which what is a comment is blank, so
    that line numbers stay; `commented`: how many lines below the header are comments.
    """

    delimiter: str
    text: str
    commented: int = 0

    def rows(self) -> Rows:
        """Line number and cells of every row with anything in it; `csv.Error` for an open quote."""
        try:
            found = list(self._read(self.text))
        except csv.Error:  # blanks between a quote and the delimiter, as SU2 writes them
            mark = r"\s" if self.delimiter == WHITE else re.escape(self.delimiter)
            found = list(self._read(re.sub(rf'"[ \t]+(?={mark}|[\r\n]|$)', '"', self.text)))
        return [(line, row) for line, row in found if any(map(str.strip, row))]

    def _read(self, content: str) -> Iterator[tuple[int, list[str]]]:
        if self.delimiter == WHITE:
            content = re.sub(r"[ \t]+(?=[\r\n]|$)", "", content.replace("\t", " "))
        reader = csv.reader(
            io.StringIO(content, newline=""), delimiter=self.delimiter, skipinitialspace=True,
            strict=True,
        )  # fmt: skip
        for row in reader:
            yield reader.line_num, row


def dialect_of(content: bytes) -> Dialect:
    """The dialect of a file; raises `DataError` for what is no text and for an empty file."""
    text = decoded(content)
    lines = _LINES.findall(text)
    comments = _comments(lines) if any(mark in text for mark in MARKS) else set()
    first = next((n for n in range(len(lines)) if n not in comments and lines[n].strip()), None)
    if first is None:
        raise DataError("the file is empty: give a header line and at least one row.")
    given = _SEP.fullmatch(lines[first].strip())
    if given:
        lines[first] = "\n"
        first = next((n for n in range(first + 1, len(lines)) if lines[n].strip()
                      and n not in comments), first)  # fmt: skip
    below = [n for n in range(first + 1, len(lines)) if lines[n].strip()]
    if comments.issuperset(below):
        comments.difference_update(below)  # `#1`, `#2` in the first column of every row
    header = _commented_header(lines, comments, first)
    if header is not None:
        comments.discard(header)
        lines[header] = _without_mark(lines[header])
    blank = ["\n" if n in comments else line for n, line in enumerate(lines)]
    shown = list(itertools.islice(_records(blank), 2))
    delimiter = given[1] if given else _delimiter(shown[0], shown[1] if shown[1:] else "")
    begin = first if header is None else header
    return Dialect(delimiter, "".join(blank), sum(n > begin for n in comments))


def decoded(content: bytes) -> str:
    """UTF-8, UTF-16, or, of files that cannot be UTF-8, the letters of Windows (cp1252)."""
    try:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            text = content.decode("utf-16")
        elif len(content) > 3 and content[1:4:2] == b"\0\0" and content[0] and content[2]:
            text = content.decode("utf-16-le")
        elif len(content) > 3 and content[:3:2] == b"\0\0" and content[1] and content[3]:
            text = content.decode("utf-16-be")
        else:
            text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        text = _windows(content, error)
    if "\0" in text:
        raise DataError("the file holds zero bytes, it is not a text table: export it as CSV.")
    return text.removeprefix("\ufeff")


def _windows(content: bytes, error: UnicodeDecodeError) -> str:
    """Text of one byte a letter; a damaged UTF-8 file still has letters of several bytes."""
    if not error.encoding.startswith("utf-16") and not _MULTI.search(content):
        try:
            return content.decode("cp1252")
        except UnicodeDecodeError:
            pass
    line = content.count(b"\n", 0, error.start) + 1
    raise DataError(f"line {line} is not UTF-8 text: save the table as UTF-8.") from error


def _records(lines: list[str]) -> Iterator[str]:
    """What is not blank, with a line break in quotes where a name holds one."""
    held = ""
    for line in lines:
        held += line
        if held.count('"') % 2 == 0:
            if held.strip():
                yield held.strip("\r\n")
            held = ""
    if held:
        yield held


def _comments(lines: list[str]) -> set[int]:
    """Numbers of the lines that begin with a mark and do not belong to a cell in quotes."""
    found, quoted = set(), False
    for number, line in enumerate(lines):
        if not quoted and line.lstrip()[:1] in tuple(MARKS):
            found.add(number)
        elif line.count('"') % 2:
            quoted = not quoted
    return found


def _commented_header(lines: list[str], comments: set[int], first: int) -> int | None:
    """The number of the comment above the first row, where that row is numbers already."""
    if first in comments:
        return None
    above = [n for n in comments if n < first and lines[n].strip(MARKS + " \t")]
    if not above:
        return None
    header, row = _without_mark(lines[above[-1]]), lines[first]
    delimiter = _delimiter(header, row)
    values = [cell(text) for text in _cells(row, delimiter)]
    numbers = None not in values and any(value == value for value in values)
    return above[-1] if numbers and _count(header, delimiter) == len(values) else None


def _without_mark(line: str) -> str:
    """A header behind its mark, which is kept where it is a part of the first name.

    `%a,u,du/d%a`: what is said of the column says so.
    """
    bare = line.lstrip().lstrip(MARKS)
    first = re.split(r"[,;\t ]", line.lstrip(), maxsplit=1)[0]
    own = not bare[:1].isspace() and line.count(first) > 1 and len(first) > 1
    return line if own else bare.lstrip(" ")


def _delimiter(header: str, row: str) -> str:
    """The sign that gives header and first row as many cells, or else that stands in the header."""
    there = [mark for mark in "\t;,|" if mark in _unquoted(header)]
    for mark in there:
        cells = _cells(row, mark)
        if _count(header, mark) in (len(cells), len(cells) - (not cells[-1].strip())):
            return mark
    white = [cell(text) for text in _cells(row, WHITE)]
    if len(white) > 1 and None not in white and _count(header, WHITE) == len(white):
        return WHITE
    return next((mark for mark in there if mark != "|"), ",")


def _unquoted(line: str) -> str:
    return re.sub(r'"[^"]*"', "", line)


def _cells(line: str, delimiter: str) -> list[str]:
    line = re.sub(r'"[^"]*"', "x", line)
    return line.split() if delimiter == WHITE else line.split(delimiter)


def _count(header: str, delimiter: str) -> int:
    """Names in a header; a unit in brackets belongs to the name before it."""
    cells = _cells(header, delimiter)
    return sum(not c.startswith("[") for c in cells) if delimiter == WHITE else len(cells)
