"""Master data: what the business knows already, as evidence for what a document says."""

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
    """Where one list of master data stands: a file of the project, or a query of a database."""

    file: str = Field(
        "", description="A `.csv` (UTF-8) or `.xlsx` file with a head row, relative to the project."
    )
    sheet: str = Field("", description="The sheet of a workbook; the first one if not named.")
    url_variable: str = Field(
        "", description="Environment variable with the SQLAlchemy address of a database."
    )
    query: str = Field("", description="The `SELECT` that returns the rows.")
    columns: dict[str, Annotated[str, Field(min_length=1)]] = Field(
        description="The name of the column for each thing that is known: `name` and `address` of "
        "suppliers, `code` and `description` of products, `number` and `total` of orders."
    )

    @model_validator(mode="after")
    def _one_origin(self) -> "MasterSource":
        if bool(self.file) == bool(self.query) or bool(self.query) != bool(self.url_variable):
            raise ValueError("give either `file`, or `query` with `url_variable`")
        return self


class MasterFile(Strict):
    """What the business knows; a list that is left out is not known."""

    suppliers: MasterSource | None = Field(
        None, description="Companies that send documents; a row for each address."
    )
    products: MasterSource | None = Field(None, description="What is ordered.")
    orders: MasterSource | None = Field(None, description="Orders that are under way.")


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
