"""Master data is read from files and databases, and its mistakes name their line."""

import io
import sqlite3
from pathlib import Path

import openpyxl
import pytest

from clerkwork.config.files.master_data import read_master_file
from clerkwork.errors import ConfigError
from clerkwork.intake.master_data import FreshMaster, load_master
from clerkwork.model.documents.master_data import Master, OpenOrder, Product, Supplier

CONFIG = """\
suppliers:
  file: master/suppliers.csv
  columns: {name: Supplier, address: Street}
products:
  file: master/products.xlsx
  columns: {code: Code, description: Name}
orders:
  url_variable: ERP_URL
  query: SELECT num, sum FROM po WHERE open = 1
  columns: {number: num, total: sum}
"""
KNOWN = Master(
    suppliers=(Supplier(name="工具有限公司", address="1, Main St"), Supplier(name="B Ltd")),
    products=(Product(code="1007", description="Bolt"),),
    orders=(OpenOrder(number="PO-1", total="9.5"),),
)


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "master").mkdir()
    (tmp_path / "config" / "master_data.yaml").write_text(CONFIG, "utf-8")
    text = '\ufeffSupplier,Street,Other\n工具有限公司,"1, Main St",x\nB Ltd,,y\n'
    (tmp_path / "master" / "suppliers.csv").write_text(text, "utf-8")
    book = openpyxl.Workbook()
    for row in (("Name", "Code"), ("Bolt", 1007)):
        book.worksheets[0].append(row)
    book.save(tmp_path / "master" / "products.xlsx")
    with sqlite3.connect(tmp_path / "erp.db") as db:
        db.execute("CREATE TABLE po (num TEXT, sum REAL, open INTEGER)")
        db.execute("INSERT INTO po VALUES ('PO-1', 9.5, 1), ('PO-2', 1, 0)")
    db.close()
    monkeypatch.setenv("ERP_URL", f"sqlite:///{tmp_path / 'erp.db'}")
    return tmp_path


def test_lists_come_from_csv_workbook_and_database(project):
    """Columns that nobody asked for are left out."""
    assert load_master(project) == KNOWN


def test_a_project_without_master_data_knows_nothing(tmp_path):
    """It is an offer, not a duty."""
    assert load_master(tmp_path) == Master()


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("suppliers.csv", "none.csv", 2, "there is no file master/none.csv in the project"),
        ("name: Supplier", "nom: Supplier", 3, "`columns` needs 'name'"),
        ("url_variable: ERP_URL", "url_variable: OTHER_URL", 8, "OTHER_URL is not set"),
        (
            "  query: SELECT num, sum FROM po WHERE open = 1\n",
            "",
            7,
            "write either `file`, or `query`",
        ),
    ],
)
def test_a_mistake_names_its_line_and_the_remedy(project, old, new, line, said):
    """`clerkwork check` lists all mistakes before anything is read."""
    file = project / "config" / "master_data.yaml"
    file.write_text(CONFIG.replace(old, new), "utf-8")
    _, _, problems = read_master_file(project)
    assert [(problem.line, said in problem.problem) for problem in problems] == [(line, True)]


def test_a_query_that_fails_names_the_list(project):
    """The words of the database follow."""
    file = project / "config" / "master_data.yaml"
    file.write_text(CONFIG.replace("FROM po", "FROM nowhere"), "utf-8")
    with pytest.raises(ConfigError, match=r":7: `orders` cannot be read: .*nowhere"):
        load_master(project)


def workbook(*rows: tuple[object, ...]) -> bytes:
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("products.xlsx", b"Code,Name", "products.xlsx is no workbook (.xlsx); save it as one"),
        ("products.xlsx", workbook(("Code", "Description")), None),
        ("products.xlsx", workbook(("Code",), ("1007",)), "there is no column 'Name'"),
        ("suppliers.csv", b"Supplier,Street\nA," + b"x" * 200_000, "field larger than field limit"),
        ("suppliers.csv", "Supplier,Street\n工具,y\n".encode("gb18030"), "save it as CSV UTF-8"),
        ("suppliers.csv", b"Name,Street\nA,y\n", "no column 'Supplier'; there are 'Name', 'Str"),
    ],
)
def test_a_list_that_cannot_be_read_names_its_file_and_the_remedy(project, name, content, said):
    """Each cause gives one sentence; a list without rows is valid."""
    (project / "master" / name).write_bytes(content)
    try:
        load_master(project)
    except ConfigError as error:
        found = f"master/{name}" in str(error) and said is not None and said in str(error)
    else:
        found = said is None
    assert found


def test_rows_that_end_early_have_nothing_there(project):
    """Spreadsheets omit empty cells at the end of a row, and have notes next to a table."""
    content = workbook(("Code", "Name"), ("1007",), ("1008", "Nut", "ask Ann"))
    (project / "master" / "products.xlsx").write_bytes(content)
    (project / "master" / "suppliers.csv").write_text("Supplier,Street\nA\nB,y,z\n", "utf-8")
    found = load_master(project)
    assert (found.products, found.suppliers) == (
        (Product(code="1007", description=""), Product(code="1008", description="Nut")),
        (Supplier(name="A", address=""), Supplier(name="B", address="y")),
    )


def test_what_was_read_is_kept_for_a_minute():
    """A list is not read again for every document."""
    read = []

    def load(root: Path) -> Master:
        read.append(root)
        return KNOWN

    master = FreshMaster(Path("somewhere"), load)
    assert [master(), master()] == [KNOWN, KNOWN]
    assert read == [Path("somewhere")]
