"""What a browser posts of a page's fields when nothing was typed."""

from html.parser import HTMLParser


class PostedFields(HTMLParser):
    """Collects the names and values that a browser would post.

    Attributes:
        texts: The last value of each name, as the console reads it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, str] = {}
        self._open = ""  # the name of the select or text area that is being read

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Read one element."""
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "input" and name and "disabled" not in given:
            if given.get("type") != "checkbox" or "checked" in given:
                self.texts[name] = given.get("value", "")
        elif tag in {"select", "textarea"}:
            self._open = name
        elif (
            tag == "option" and self._open and ("selected" in given or self._open not in self.texts)
        ):
            self.texts[self._open] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        """Read the text of a text area, without the line break that follows its tag."""
        if self._open and self.lasttag == "textarea":
            self.texts[self._open] = data.removeprefix("\n").replace("\n", "\r\n")

    def handle_endtag(self, tag: str) -> None:
        """Leave a select or text area."""
        if tag in {"select", "textarea"}:
            self._open = ""


def posted_by(page: str) -> dict[str, str]:
    """Return the texts by name that a browser posts of *page*."""
    reader = PostedFields()
    reader.feed(page)
    return reader.texts
