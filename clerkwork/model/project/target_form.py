"""How records are entered in a target: its pages, described by the labels that a person reads.

This is enough for an ordinary web form. The descriptions are the reference documentation.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from clerkwork.model.strict import Strict

Words = Annotated[str, StringConstraints(min_length=1, max_length=200)]
PLACE = "{value}"
REFERENCE = "{reference}"


def _with_words(written: Any) -> Any:
    return {"words": written} if isinstance(written, str) else written


class TargetField(Strict):
    """One field of the form; a label alone is short for `words: label`."""

    words: Words = Field(description="Label of the field, or heading of its column.")
    entry: Literal["typed", "offered", "computed", "shown"] = Field(
        "typed",
        description="`typed`: the bot types, selects or ticks it; `offered`: the bot types a part "
        "and selects from the offered list; `computed`: the page computes it and the bot corrects "
        "it if needed; `shown`: the page computes it and shows it as text, which is compared "
        "before the submit.",
    )
    shown_as: Annotated[str, StringConstraints(pattern=r"\{value\}")] = Field(
        PLACE,
        description="How the page writes the value, such as `[{value}] *`; `*` is any text.",
    )
    values: dict[str, Words] = Field(
        {}, description="The page's text for a value of the item, such as `CNY: 人民币`."
    )
    dates: str = Field(
        "", description="Date format of the page, such as `%m/%d/%Y`; default: ISO 8601."
    )
    viewed: bool = Field(True, description="Whether a stored record shows the field.")
    record_words: Words | None = Field(
        None, description="Label or heading on the record's page; default: `words`."
    )
    secret: bool = Field(
        False, description="Whether the value is masked in pictures, logs and traces."
    )

    @property
    def on_record(self) -> str:
        """Return the field's label on the record's page."""
        return self.record_words or self.words


Described = Annotated[TargetField, BeforeValidator(_with_words)]


class Grid(Strict):
    """The lines of the record."""

    item: Words = Field("lines", description="The item's list with the lines.")
    fields: dict[str, Described] = Field(
        description="The field of each part of a line: a label, or keys as in `form.fields`."
    )
    add: Words | None = Field(None, description="Button that adds a line.")
    entry: Literal["rows", "row", "single"] = Field(
        "rows",
        description="`rows`: all lines are on the page; `row`: the same, but the page reacts after "
        "each line; `single`: one set of fields for all lines, with a button that accepts a line.",
    )
    ordered: bool = Field(
        False,
        description="Whether the record must show the lines in the item's order; by default any "
        "order is accepted.",
    )
    next: Words | None = Field(
        None, description="`single`: button that accepts a line and starts the next."
    )
    done: Words | None = Field(None, description="`single`: button that accepts the last line.")

    @model_validator(mode="after")
    def _taken_over(self) -> "Grid":
        if self.entry == "single" and self.done is None:
            raise ValueError("`entry: single` needs `done`, the button that accepts the last line")
        return self


class Login(Strict):
    """The login page."""

    user: Words = Field(description="Label of the user name field.")
    next: Words | None = Field(None, description="Button between name and password, if any.")
    password: Words | None = Field(
        None, description="Label of the password field; default: the only password field."
    )
    button: Words = Field(description="Button that logs in.")


class Search(Strict):
    """How a record is looked up by its reference."""

    address: str = Field(
        description="Path of the result list below `base_url`, with `{reference}` for the "
        "reference. With `field`: path of the page with the search field."
    )
    field: Words | None = Field(
        None, description="Label of the search field, if no address contains the reference."
    )
    button: Words | None = Field(
        None, description="Button that starts the search; default: the Enter key."
    )
    column: Words = Field(description="Heading of the column that shows the reference.")
    more: Words | None = Field(None, description="Link or button to the next page of the list.")
    none: Words | None = Field(None, description="The page's text when there is no such record.")
    opened_by: Literal["link", "double_click"] = Field(
        "link", description="How the record of a row is opened."
    )
    confirmation: Words = Field(
        description="Label or heading of the record's own number, in the list or on its page."
    )
    state: Words | None = Field(None, description="Label or heading of the record's state, if any.")
    complete: list[Words] = Field(
        [], description="States of a completely entered record; any other state is incomplete."
    )

    @model_validator(mode="after")
    def _one_way(self) -> "Search":
        if (REFERENCE in self.address) == (self.field is not None):
            raise ValueError(
                f"write either {REFERENCE} in `address`, or the label of the search field in"
                " `field`, not both"
            )
        if self.button is not None and self.field is None:
            raise ValueError("`button` needs `field`, the label of the search field")
        return self


class TargetForm(Strict):
    """How a record is entered."""

    reference: Words = Field(description="The item's field that identifies the record.")
    address: str = Field(description="Path of the form, or of the page that leads to it.")
    open: list[Words] = Field([], description="Buttons that lead from there to the empty form.")
    fields: dict[str, Described] = Field(
        description="The form field of each part of the item: a label, or the keys below."
    )
    lines: Grid | None = Field(None, description="The grid of lines, if it has one.")
    numbers: Literal["1,234.56", "1.234,56", "1 234,56", "1'234.56"] = Field(
        "1,234.56", description="Number format of the target's pages; in quotes."
    )
    agree: list[Words] = Field(
        [],
        description="Complete texts of browser dialogs that are answered with OK; `*` is any text. "
        "Other dialogs are answered with Cancel.",
    )
    eager: bool = Field(
        False,
        description="Whether the page can process inputs without pauses: the lines are filled "
        "before the head, without waiting for computed sums. All values are still read back.",
    )
    close: list[Words] = Field([], description="Buttons that close pop-ups, if these appear.")
    submit: list[Words] = Field(
        min_length=1, description="Buttons that store the record; the first one is irreversible."
    )
    confirmation: Words = Field(
        description="Label of the record number that the page shows after the submit; or the "
        "sentence with it, such as `Order {value} was saved`: the value is one word, `*` is any "
        "text. A text that was on the page before the submit is not a confirmation."
    )

    @model_validator(mode="after")
    def _says_something(self) -> "TargetForm":
        words = self.confirmation
        if PLACE in words and (words.count(PLACE) > 1 or not any(map(str.isalpha, _around(words)))):
            raise ValueError(
                f"`confirmation` needs words around a single {PLACE}, as in"
                f" `Order {PLACE} was saved`"
            )
        return self


def _around(words: str) -> str:
    return words.replace(PLACE, "")
