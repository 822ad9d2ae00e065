"""How records are entered in a target: its pages, described by the words that a person reads.

An ordinary web form needs no more than this. The descriptions are the reference documentation.
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
    """One field of the form; written as its words alone where they are all there is to say."""

    words: Words = Field(description="What stands at the field, or over its column.")
    entry: Literal["typed", "offered", "computed", "shown"] = Field(
        "typed",
        description="`typed`: written, chosen or ticked; `offered`: a part is typed, then the page "
        "offers what can be chosen; `computed`: the page comes to it, and it is only put right; "
        "`shown`: the page comes to it and shows it as text, which is compared before the submit.",
    )
    shown_as: Annotated[str, StringConstraints(pattern=r"\{value\}")] = Field(
        PLACE,
        description="How the page writes the value, such as `[{value}] *`; `*` is any text.",
    )
    values: dict[str, Words] = Field(
        {}, description="What the page calls a value of the item, such as `CNY: 人民币`."
    )
    dates: str = Field("", description="How the page writes a day, such as `%m/%d/%Y`; else ISO.")
    viewed: bool = Field(True, description="Whether a stored record shows it.")
    record_words: Words | None = Field(
        None,
        description="What stands at it, or over its column, on the record's page, where that is "
        "not `words`.",
    )
    secret: bool = Field(
        False,
        description="Whether it is covered in pictures and masked in what else is kept.",
    )

    @property
    def on_record(self) -> str:
        """Return what stands at it on the record's page."""
        return self.record_words or self.words


Described = Annotated[TargetField, BeforeValidator(_with_words)]


class Grid(Strict):
    """The lines of the record."""

    item: Words = Field("lines", description="The item's list that they come from.")
    fields: dict[str, Described] = Field(
        description="Each part of a line and its field: words alone, or keys as of `form.fields`."
    )
    add: Words | None = Field(None, description="Button that adds a line.")
    entry: Literal["rows", "row", "single"] = Field(
        "rows",
        description="`rows`: all lines stand on the page; `row`: as well, but the page answers "
        "after each; `single`: one set of fields, whose line a button takes over.",
    )
    ordered: bool = Field(
        False,
        description="Whether the record has to show the lines in the item's order; else they are "
        "compared in whatever order it shows them.",
    )
    next: Words | None = Field(None, description="`single`: takes a line over, goes to the next.")
    done: Words | None = Field(None, description="`single`: takes the last line over.")

    @model_validator(mode="after")
    def _taken_over(self) -> "Grid":
        if self.entry == "single" and self.done is None:
            raise ValueError("`entry: single` needs `done`, the button that takes a line over")
        return self


class Login(Strict):
    """The page that asks who one is."""

    user: Words = Field(description="What stands at the field of the name.")
    next: Words | None = Field(None, description="Button between name and password, if any.")
    password: Words | None = Field(
        None, description="What stands at the field of the password; else the only such field."
    )
    button: Words = Field(description="Button that logs in.")


class Search(Strict):
    """Where records are looked up by their reference."""

    address: str = Field(
        description="Address of the list, after `base_url`; `{reference}` is the one looked for. "
        "With `field`, of the page that has that field."
    )
    field: Words | None = Field(
        None, description="What stands at the field of a search that no address leads to."
    )
    button: Words | None = Field(None, description="Button of that search; else Enter starts it.")
    column: Words = Field(description="Heading of the column that shows the reference.")
    more: Words | None = Field(None, description="Link or button to the next page of the list.")
    none: Words | None = Field(
        None, description="What the page says instead of a list where there is no such record."
    )
    opened_by: Literal["link", "double_click"] = Field(
        "link", description="How a row's record is opened."
    )
    confirmation: Words = Field(
        description="What stands at the record's own number, in the list or on the record's page."
    )
    state: Words | None = Field(None, description="What stands at the record's state, if any.")
    complete: list[Words] = Field(
        [], description="States of a record that is entered; any other is one that was begun."
    )

    @model_validator(mode="after")
    def _one_way(self) -> "Search":
        if (REFERENCE in self.address) == (self.field is not None):
            raise ValueError(
                f"write either {REFERENCE} into `address`, or the words of the field that the"
                " reference is typed into as `field`, and not both"
            )
        if self.button is not None and self.field is None:
            raise ValueError("`button` needs `field`, the field that the reference is typed into")
        return self


class TargetForm(Strict):
    """How a record is entered."""

    reference: Words = Field(description="The item's part that identifies the record.")
    address: str = Field(description="Address of the form, or of the page that leads to it.")
    open: list[Words] = Field([], description="Buttons that lead from there to the empty form.")
    fields: dict[str, Described] = Field(
        description="Each part of the item and its field: words alone, or the keys below."
    )
    lines: Grid | None = Field(None, description="The grid of its lines, if it has one.")
    numbers: Literal["1,234.56", "1.234,56", "1 234,56", "1'234.56"] = Field(
        "1,234.56", description="How the pages of the target write numbers; in quotes."
    )
    agree: list[Words] = Field(
        [],
        description="Questions in the browser's own box that are answered with OK, each whole; `*` "
        "is any text. Any other is answered with Cancel.",
    )
    eager: bool = Field(
        False,
        description="Whether the page takes all at once: the lines are written before the head, "
        "and a choice is asked for while sums are still computed. All is read back as ever.",
    )
    close: list[Words] = Field([], description="Pop-ups that may come: the buttons that end them.")
    submit: list[Words] = Field(
        min_length=1, description="Buttons that store it; the first one makes it irreversible."
    )
    confirmation: Words = Field(
        description="What stands at the number that the page answers with; or the sentence "
        "that says it, such as `Order {value} was saved`: the value is one word, `*` is any text. "
        "What the page showed before the submit confirms nothing."
    )

    @model_validator(mode="after")
    def _says_something(self) -> "TargetForm":
        words = self.confirmation
        if PLACE in words and (words.count(PLACE) > 1 or not any(map(str.isalpha, _around(words)))):
            raise ValueError(
                f"`confirmation` needs words around {PLACE}, and it once, as in"
                f" `Order {PLACE} was saved`"
            )
        return self


def _around(words: str) -> str:
    return words.replace(PLACE, "")
