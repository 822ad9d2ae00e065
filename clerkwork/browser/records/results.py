"""The target's list for one reference: every page of it, and the records that stand on it."""

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
from clerkwork.model.project.target_form import REFERENCE, Search

ROW = "place => window.__clerkworkRows[place]"
MOST_PAGES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A row of the target's list that shows the reference.

    Attributes:
        confirmation: The record's own number there; empty where only the record shows it.
        state: What the list says of its state; empty where it has none.
        page: The page of the list that it stands on, from 0, and
        place: its place among the hits of that page.
        row: The row as it was read.
        sure: Whether it shows exactly the reference; else only its record tells.
        here: Whether the search led to the record itself, which is shown now; it has no row.
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
    """The list of *search* for *reference*; it is turned page by page.

    Attributes:
        screen: Where it is shown.
        search: How the target is searched.
        reference: What is looked for.
    """

    screen: PlaywrightScreen
    search: Search
    reference: str
    _current: tuple[int, list[Hit]] | None = field(default=None, init=False)
    _field_search: FieldSearch | None = field(default=None, init=False)

    def hits(self) -> list[Hit]:
        """Return the rows that show the reference, or may mean it, on all pages of the list."""
        found = list(self._first_page())
        if any(hit.is_record for hit in found):
            return found
        shown = _visible_content(self.screen)
        while self._next_page():
            before, shown = shown, _visible_content(self.screen)
            if shown == before:  # the last page has the link as well, and it leads nowhere
                self._current = None  # though it may have been built anew
                break
            found += [
                hit
                for hit in self._read_page()
                if not any(_is_same_record(hit, one) for one in found)
            ]
        return found

    def open(self, hit: Hit) -> None:
        """Show the record of *hit*, which may stand on another page than the one shown now.

        Raises:
            ApplicationException: ``page_unexpected``: the row is gone, or says something else.
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
            raise unexpected(self.screen, "a row of its list is gone")
        handle.dblclick() if self.search.opened_by == "double_click" else handle.click()
        wait_idle(self.screen)

    def _find_again(self, hit: Hit) -> Hit:
        """Return *hit* as it stands on the page that is shown, after turning to its page."""
        number, hits = self._current or (-1, [])
        if number != hit.page:
            hits = self._first_page()
            for _ in range(hit.page):
                hits = self._read_page() if self._next_page() else []
        again = hits[hit.place] if hit.place < len(hits) else None
        if again is None or again.row["cells"] != hit.row["cells"]:
            raise unexpected(self.screen, "its list changed while it was read")
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
        """Return the record that a search for the only one may lead to instead of its list.

        The page of a record that still has the field of the search may show what was typed there.
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
        """Return the list; all that may be it, where none shows the records' own numbers.

        None is returned where the page says that there is nothing to be listed.

        Raises:
            ApplicationException: ``page_unexpected``: it shows no such list.
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
    """Return whether two rows are one record: the next page may begin with rows of the last one."""
    rows = [(one.confirmation, one.row["cells"], one.row["link"]) for one in (hit, other)]
    return bool(hit.confirmation) and rows[0] == rows[1]


def _match_reference(shown: str, reference: str) -> bool | None:
    """Return whether a cell shows *reference*; None where it means another one.

    False: it may, written in its own way, with something behind it, or cut. A row that is passed
    over for that would be entered a second time.
    """
    if shown == reference:
        return True
    said, own = normalize(shown), normalize(reference)
    begun = re.fullmatch(r"(.+?)\s*(?:…|\.\.\.)", shown)
    cut = begun is not None and own.startswith(normalize(begun[1]))
    return False if said == own or said.startswith(own + " ") or cut else None


def _visible_content(screen: PlaywrightScreen) -> tuple[str, str]:
    """Return the address and all that a person reads there, in all frames."""
    texts = [frame.locator("body").inner_text() for frame in screen.page.frames]
    return screen.page.url, "\n".join(texts)
