"""How alike two short texts are: for words that an OCR read badly.  Pure."""

from __future__ import annotations


def distance(one: str, other: str, most: int) -> int:
    """Letters to change, put in or leave out (Levenshtein); more than ``most`` comes back as ``most + 1``."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        above, row[0] = row[0], number
        for at, theirs in enumerate(other, 1):
            above, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, above + (letter != theirs))
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def place_of(words: str, text: str, most: int) -> tuple[int, int] | None:
    """Where in ``text`` something like ``words`` stands, with at most so many wrong letters: start and end (Sellers)."""
    row = [(0, start) for start in range(len(text) + 1)]  # errors, and where the match began
    for letter in words:
        above, row[0] = row[0], (row[0][0] + 1, row[0][1])
        for at, theirs in enumerate(text, 1):
            diagonal = (above[0] + (letter != theirs), above[1])
            here = min((row[at][0] + 1, row[at][1]), (row[at - 1][0] + 1, row[at - 1][1]), diagonal)
            above, row[at] = row[at], here
    end = min(range(len(row)), key=lambda at: (row[at][0], -at))
    errors, start = row[end]
    return (start, end) if errors <= most else None
