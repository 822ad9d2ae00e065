"""Master data: known suppliers, products and orders, as evidence for values of documents."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from clerkwork.model.strict import Strict

Kind = Literal["suppliers", "products", "orders"]
COLUMNS: dict[Kind, tuple[str, ...]] = {
    "suppliers": ("name", "address"),
    "products": ("code", "description"),
    "orders": ("number", "total"),
}


class MasterSource(Strict):
    """The source of one list of master data: a file of the project, or a database query."""

    file: str = Field(
        "", description="A `.csv` (UTF-8) or `.xlsx` file with a header row, in the project."
    )
    sheet: str = Field("", description="The sheet of a workbook; default: the first one.")
    url_variable: str = Field(
        "", description="Environment variable with the SQLAlchemy URL of a database."
    )
    query: str = Field("", description="The `SELECT` that returns the rows.")
    columns: dict[str, Annotated[str, Field(min_length=1)]] = Field(
        description="The column of each value: `name` and `address` of suppliers, `code` and "
        "`description` of products, `number` and `total` of orders."
    )

    @model_validator(mode="after")
    def _one_origin(self) -> "MasterSource":
        if bool(self.file) == bool(self.query) or bool(self.query) != bool(self.url_variable):
            raise ValueError("write either `file`, or `query` with `url_variable`")
        return self


class MasterFile(Strict):
    """The master data of a project; all lists are optional."""

    suppliers: MasterSource | None = Field(
        None, description="Companies that send documents; one row per address."
    )
    products: MasterSource | None = Field(None, description="Products that are ordered.")
    orders: MasterSource | None = Field(None, description="Open orders.")


class Supplier(BaseModel):
    """A company that sends documents; a company with several addresses has several rows."""

    model_config = ConfigDict(frozen=True)

    name: str
    address: str = ""


class Product(BaseModel):
    """A product that is ordered."""

    model_config = ConfigDict(frozen=True)

    code: str
    description: str = ""


class OpenOrder(BaseModel):
    """An open order."""

    model_config = ConfigDict(frozen=True)

    number: str
    total: str = ""


class Master(BaseModel):
    """All lists of master data."""

    model_config = ConfigDict(frozen=True)

    suppliers: tuple[Supplier, ...] = ()
    products: tuple[Product, ...] = ()
    orders: tuple[OpenOrder, ...] = ()
