"""The target's list of records for one reference: reads all its pages, and opens its records."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from clerkwork.browser.locate.text_similarity import normalize
from clerkwork.browser.page.screen import PlaywrightScreen
from clerkwork.browser.records.fill import unexpected
from clerkwork.browser.records.login import (
    PageState,
    column_number,
    go_to,
    read_page_in_session,
    wait_idle,
)
from clerkwork.browser.records.search import FieldSearch, result_tables
from clerkwork.browser.scripts import script
from clerkwork.model.project.target_form import REFERENCE, Search

ROW = script("records/page_state", "keptRow")
MOST_PAGES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A row of the target's list that shows the reference.

    Attributes:
        confirmation: The record's own number; empty if only the record itself shows it.
        state: The record's state in the list; empty if the list shows none.
        page: Page of the list, from 0.
        place: Index among the hits of that page.
        row: The row as it was read.
        exact: Whether the row shows exactly the reference; if not, the record has to be opened.
        is_record: Whether the search opened the record itself instead of a list.
    """

    confirmation: str
    state: str
    page: int
    place: int
    row: Mapping[str, Any]
    exact: bool = True
    is_record: bool = False


@dataclass(slots=True)
class ResultList:
    """The target's list for *reference*, read page by page.

    Attributes:
        screen: The screen that shows it.
        search: The description of the target's search.
        reference: The reference to search for.
    """

    screen: PlaywrightScreen
    search: Search
    reference: str
    _current: tuple[int, list[Hit]] | None = field(default=None, init=False)
    _field_search: FieldSearch | None = field(default=None, init=False)

    def hits(self) -> list[Hit]:
        """Return the rows that show the reference, or a variant of it, on all pages of the list."""
        found = list(self._first_page())
        if any(hit.is_record for hit in found):
            return found
        shown = _visible_content(self.screen)
        while self._next_page():
            before, shown = shown, _visible_content(self.screen)
            if shown == before:  # on the last page, the link does nothing
                self._current = None  # but the page may have been rebuilt
                break
            found += [
                hit
                for hit in self._read_page()
                if not any(_is_same_record(hit, one) for one in found)
            ]
        return found

    def open(self, hit: Hit) -> None:
        """Open the record of *hit*, after going to its page of the list.

        Raises:
            ApplicationException: ``page_unexpected``: the row has gone or changed.
        """
        if hit.is_record:
            return
        if self.search.opened_by == "link" and hit.row["link"]:
            self._current = None
            go_to(self.screen, hit.row["link"])
            return
        row = self._find_again(hit).row
        handle = row["frame"].evaluate_handle(ROW, row["place"]).as_element()
        self._current = None
        if handle is None:
            raise unexpected(self.screen, "a row of its list has gone")
        handle.dblclick() if self.search.opened_by == "double_click" else handle.click()
        wait_idle(self.screen)

    def _find_again(self, hit: Hit) -> Hit:
        """Go to the page of *hit*, and return *hit* as that page shows it now."""
        number, hits = self._current or (-1, [])
        if number != hit.page:
            hits = self._first_page()
            for _ in range(hit.page):
                hits = self._read_page() if self._next_page() else []
        again = hits[hit.place] if hit.place < len(hits) else None
        if again is None or again.row["cells"] != hit.row["cells"]:
            raise unexpected(self.screen, "its list changed while it was being read")
        return again

    def _first_page(self) -> list[Hit]:
        self._current = None
        if self.search.field is None:
            place = quote(self.reference, safe="")
            seen = go_to(self.screen, self.search.address.replace(REFERENCE, place))
            return self._read_page(seen)
        if self._field_search is None:
            self._field_search = FieldSearch(self.screen, self.search, self.reference)
        seen = self._field_search.go()
        return self._record_itself(seen) or self._read_page(seen)

    def _next_page(self) -> bool:
        """Go to the next page, and return whether there is one."""
        if self.search.more is None:
            return False
        page, words = self.screen.page, self.search.more
        name = re.compile(rf"^\W*{re.escape(words)}\W*$", re.IGNORECASE)  # also `Next »`
        more = page.get_by_role("link", name=name).or_(page.get_by_role("button", name=name))
        if not more.count() or not more.first.is_enabled():
            return False
        if self._current is not None and self._current[0] >= MOST_PAGES:
            raise unexpected(self.screen, f"its list has more than {MOST_PAGES} pages")
        more.first.click()
        wait_idle(self.screen)
        return True

    def _record_itself(self, seen: PageState) -> list[Hit]:
        """Return the record if the search opened it directly instead of showing a list.

        A page that still has the search field does not count, because the reference that it shows
        may be the text typed there.
        """
        search, number = self.search, seen.value(self.search.confirmation)
        if not number or result_tables(seen, search) or seen.value(search.column) != self.reference:
            return []
        if self._field_search is None or self._field_search.shows_field():
            return []
        state = seen.value(search.state) if search.state else None
        return [
            Hit(confirmation=number, state=state or "", page=0, place=0, row={}, is_record=True),
        ]

    def _read_page(self, seen: PageState | None = None) -> list[Hit]:
        seen = seen or read_page_in_session(self.screen)
        number = 0 if self._current is None else self._current[0] + 1
        tables = self._tables(seen)
        hits = self._rows(tables, number)
        if self._field_search is not None:
            self._field_search.read_back()
            if not any(hit.exact for hit in hits):
                own = [hit.row for hit in hits]
                others = [row for one in tables for row in one["rows"] if row not in own]
                self._field_search.check(seen, others, own, first=number == 0)
        self._current = (number, hits)
        return hits

    def _rows(self, tables: Sequence[Mapping[str, Any]], page: int) -> list[Hit]:
        hits: list[Hit] = []
        for table in tables:
            at = column_number(table["headers"], self.search.column)
            number = column_number(table["headers"], self.search.confirmation)
            state = (
                column_number(table["headers"], self.search.state) if self.search.state else None
            )
            last = max(-1 if one is None else one for one in (at, number, state))
            for row in table["rows"]:
                if len(row["cells"]) <= last:
                    continue
                exact = _match_reference(row["cells"][at or 0], self.reference)
                if exact is None:
                    continue
                hit = Hit(
                    confirmation="" if number is None else row["cells"][number],
                    state="" if state is None else row["cells"][state],
                    page=page,
                    place=len(hits),
                    row=row,
                    exact=exact,
                )
                hits.append(hit)
        return hits

    def _tables(self, seen: PageState) -> Sequence[Mapping[str, Any]]:
        """Return the list of records; all possible ones if none shows the records' own numbers.

        The result is empty if the page says that there are no records.

        Raises:
            ApplicationException: ``page_unexpected``: the page shows no such list.
        """
        search = self.search
        lists = result_tables(seen, search)
        for table in lists:
            if column_number(table["headers"], search.confirmation) is not None:
                return [table]
        if lists or (search.none is not None and normalize(search.none) in normalize(seen.text)):
            return lists
        heads = "; ".join(", ".join(filter(None, table["headers"])) for table in seen.tables)
        problem = f"its list has no column {search.column}, it shows {heads or 'no list at all'}"
        raise unexpected(self.screen, problem)


def _is_same_record(hit: Hit, other: Hit) -> bool:
    """Return whether two rows are one record; a page may repeat the last rows of the one before."""
    rows = [(one.confirmation, one.row["cells"], one.row["link"]) for one in (hit, other)]
    return bool(hit.confirmation) and rows[0] == rows[1]


def _match_reference(shown: str, reference: str) -> bool | None:
    """Return True if a cell shows exactly *reference*, and None if it shows another one.

    False means that it may be the reference: in another notation, with a suffix, or truncated. Such
    a row must not be skipped, because the record would be entered a second time.
    """
    if shown == reference:
        return True
    said, own = normalize(shown), normalize(reference)
    begun = re.fullmatch(r"(.+?)\s*(?:…|\.\.\.)", shown)
    cut = begun is not None and own.startswith(normalize(begun[1]))
    return False if said == own or said.startswith(own + " ") or cut else None


def _visible_content(screen: PlaywrightScreen) -> tuple[str, str]:
    """Return the address and the visible text of the page, in all frames."""
    texts = [frame.locator("body").inner_text() for frame in screen.page.frames]
    return screen.page.url, "\n".join(texts)
