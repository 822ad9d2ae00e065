"""Master data: what the business knows already, as evidence for what a document says."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal["suppliers", "products", "orders"]
COLUMNS: dict[Kind, tuple[str, ...]] = {
    "suppliers": ("name", "address"),
    "products": ("code", "description"),
    "orders": ("number", "total"),
}


class MasterSource(BaseModel):
    """Where one list of master data stands: a file of the project, or a query of a database.

    Attributes:
        file: A ``.csv`` (UTF-8, with a head row) or ``.xlsx`` file, relative to the project.
        sheet: The sheet of a workbook; empty: the first.
        url_variable: The environment variable that holds the SQLAlchemy address of a database.
        query: The ``SELECT`` that returns the rows.
        columns: For each thing that is known the name of its column.
    """

    model_config = ConfigDict(extra="forbid")

    file: str = ""
    sheet: str = ""
    url_variable: str = ""
    query: str = ""
    columns: dict[str, Annotated[str, Field(min_length=1)]]

    @model_validator(mode="after")
    def _one_origin(self) -> "MasterSource":
        if bool(self.file) == bool(self.query) or bool(self.query) != bool(self.url_variable):
            raise ValueError("give either `file`, or `query` with `url_variable`")
        return self


class MasterFile(BaseModel):
    """The content of ``config/master_data.yaml``; a list that is left out is not known."""

    model_config = ConfigDict(extra="forbid")

    suppliers: MasterSource | None = None
    products: MasterSource | None = None
    orders: MasterSource | None = None


class Supplier(BaseModel):
    """A company that sends documents; it may have several addresses, each in a row of its own."""

    model_config = ConfigDict(frozen=True)

    name: str
    address: str = ""


class Product(BaseModel):
    """Something that is ordered."""

    model_config = ConfigDict(frozen=True)

    code: str
    description: str = ""


class OpenOrder(BaseModel):
    """An order that is under way."""

    model_config = ConfigDict(frozen=True)

    number: str
    total: str = ""


class Master(BaseModel):
    """All that is known."""

    model_config = ConfigDict(frozen=True)

    suppliers: tuple[Supplier, ...] = ()
    products: tuple[Product, ...] = ()
    orders: tuple[OpenOrder, ...] = ()
