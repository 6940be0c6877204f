"""Where the new part of an e-mail ends: behind it comes what its program quotes, and the signature."""

from __future__ import annotations

from stopline.rules.keywords import REPLY_HEADER


def split(text: str) -> tuple[str, str]:
    """(what was written, what follows it). Answers written between quoted lines stay with them: nothing is lost.

    Where nothing else was written, all of it counts as written.
    """
    lines = text.splitlines()
    end = next(
        (number for number, line in enumerate(lines) if _begins(line, lines[number + 1 : number + 2])), None
    )
    end = _trailing(lines) if end is None else min(end, _trailing(lines))
    new, rest = "\n".join(lines[:end]).rstrip(), "\n".join(lines[end:]).strip("\n")
    return (new, rest) if new.strip() and rest.strip() else (text, "")


def _begins(line: str, following: list[str]) -> bool:
    """Whether the past begins here: "On Monday Ada wrote:", perhaps over two lines, or the signature's dashes."""
    wrapped = " ".join([line, *following]).strip()
    return bool(REPLY_HEADER.match(line.strip()) or (line.strip() and REPLY_HEADER.match(wrapped)))


def _trailing(lines: list[str]) -> int:
    """Where the quoted lines at the end begin."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith(">")):
        end -= 1
    return end
