"""The note next to a rejected file: what is wrong and what to do, in English and Chinese.

The Chinese sentences come from the same catalogues as the console's. A sentence with values in it
was filled in before it got here, so its template is found by its fixed words.
"""

import re
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from clerkwork.discover import catalog_files
from clerkwork.errors import InputRejected, fill

NOTE = """\
{file} was not taken. No work item was made of it. The file is next to this note.
Place: {place}
Problem: {problem}
Remedy: {remedy}
Then put the corrected file into the inbox folder again.

文件 {file} 未被接收。其中内容均未处理；文件与本说明放在一起。
位置：{place_zh}
问题：{problem_zh}
办法：{remedy_zh}
然后将更正后的文件重新放入收件文件夹。
"""
WHOLE = "the whole file"
MANY = re.compile(r"all instants from [-:0-9 ]+UTC on ")  # where one row is for many instants
LEAST_FIXED = 3  # a template of values alone would fit every sentence


def note(error: InputRejected) -> str:
    """Return the text of the note about *error*."""
    place = error.place or WHOLE
    return NOTE.format(
        file=error.file,
        place=place,
        problem=error.problem,
        remedy=error.remedy,
        place_zh=chinese(place),
        problem_zh=chinese(error.problem),
        remedy_zh=chinese(error.remedy),
    )


def chinese(sentence: str) -> str:
    """Return *sentence* in Chinese, or as it is when no catalogue knows it."""
    for pattern, translation in _templates():
        if match := pattern.fullmatch(sentence):
            return fill(translation, match.groupdict())
    return sentence


def chinese_reason(reason: str) -> str:
    """Return in Chinese why a planned run ended as it did: as a whole, or part by part."""
    start = MANY.match(reason)
    if start:
        head, rest = start[0].strip(), reason[start.end() :]
        return chinese(head) + chinese_reason(rest)
    whole = chinese(reason)
    return whole if whole != reason else "；".join(map(chinese, reason.split("; ")))


@cache
def _templates() -> list[tuple[re.Pattern[str], str]]:
    """Return every translated sentence; those with more fixed words stand first."""
    found: list[tuple[str, str]] = []
    for file in catalog_files(Path()):
        with file.open("rb") as stream:
            found += [
                (str(message.id), str(message.string))
                for message in read_po(stream)
                if message.id and message.string and isinstance(message.id, str)
            ]
    found = [pair for pair in found if _fixed(pair[0]) >= LEAST_FIXED]
    found.sort(key=lambda pair: -_fixed(pair[0]))
    return [(_pattern(template), translation) for template, translation in found]


def _fixed(template: str) -> int:
    """Return the number of characters of *template* that are not values."""
    return len(re.sub(r"\{\w+\}", "", template).strip())


def _pattern(template: str) -> re.Pattern[str]:
    seen: set[str] = set()

    def group(match: re.Match[str]) -> str:
        name = match[1]
        if name in seen:
            return f"(?P={name})"
        seen.add(name)
        return f"(?P<{name}>.+?)"

    escaped = re.escape(template)
    return re.compile(re.sub(r"\\\{(\w+)\\\}", group, escaped), re.DOTALL)
