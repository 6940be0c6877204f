"""The reader takes what spreadsheets write, and says in words what it can't take."""

import csv
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopline.apps.contacts.csv_file import CsvFile
from stopline.rules.errors import InvalidInput


def read(content: bytes) -> CsvFile:
    return CsvFile.sniff(lambda: io.BytesIO(content))


def cells(content: bytes) -> list[list[str]]:
    return [row.cells for row in read(content).rows()]


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
    ],
)
def test_every_encoding_spreadsheets_write_is_recognised(encoding, named):
    content = "Name;Téléphone\r\nZoë Müller;+33 1\r\n".encode(encoding)

    file = read(content)

    assert file.encoding == named
    assert file.header() == ["Name", "Téléphone"]
    assert [row.cells for row in file.rows()] == [["Zoë Müller", "+33 1"]]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_every_delimiter_is_recognised_even_where_cells_hold_the_others(mark):
    content = f'Name{mark}Notes\n"Doe, J; Jr|x"{mark}"a\tb, c; d"\nMo{mark}"e, f"\n'.encode()

    assert read(content).delimiter == mark
    assert cells(content) == [["Doe, J; Jr|x", "a\tb, c; d"], ["Mo", "e, f"]]


def test_the_separator_line_of_excel_is_obeyed_and_is_not_the_header():
    content = b"sep=;\r\nName;Phone, home\r\nJo;1\r\n"

    assert read(content).header() == ["Name", "Phone, home"]
    assert [(row.line, row.cells) for row in read(content).rows()] == [(3, ["Jo", "1"])]


def test_lines_are_counted_as_an_editor_counts_them():
    content = b'Name,Notes\nJo,"one\ntwo"\n\n , \nMo,x\n'

    assert [(row.line, row.cells) for row in read(content).rows()] == [
        (2, ["Jo", "one\ntwo"]),
        (6, ["Mo", "x"]),
    ]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_line_endings_of_every_system_are_read(ending):
    assert cells(ending.join([b"Name,Phone", b"Jo,1", b"Mo,2"])) == [["Jo", "1"], ["Mo", "2"]]


def test_short_rows_are_filled_up_and_long_ones_are_named():
    rows = list(read(b"Name,Phone,Notes\nJo\nMo,1,a,b\nLu,1,x,,\n").rows())

    assert rows[0].cells == ["Jo", "", ""]
    assert "4 cells, but the file has 3 columns" in rows[1].broken
    assert rows[2].cells == ["Lu", "1", "x"]


def test_a_quotation_mark_never_closed_costs_its_own_line_only():
    content = b'Name,Phone\n"Jo,1\nMo,2\nLu,3\n'

    rows = list(read(content).rows())

    assert [(row.line, bool(row.broken)) for row in rows] == [(2, True), (3, False), (4, False)]
    assert rows[0].cells == ['"Jo,1']
    assert "never closed" in rows[0].broken


def test_a_quotation_mark_inside_a_cell_costs_its_own_line_only():
    rows = list(read(b'Name,Phone\n"Jo" X,1\n"Mo",2\n').rows())

    assert "quotation mark" in rows[0].broken
    assert rows[1].cells == ["Mo", "2"]


def workbook() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.xml", "x")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "doesn't name the columns"),
        (b" \r\n\r\n", "empty"),
        (workbook(), "Excel workbook"),
        (b"%PDF-1.7 x", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old Excel workbook"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"<html><table>", "web page"),
        (b"a,b\n\x00\x01\x02\x9d\x81", "isn't a CSV file"),
        (b"Name,Phone\n\x81\x8d,1\n", "isn't a CSV file"),
        (b"Jo,+14155550123\nMo,+14155550124\n", "looks like a contact's"),
        (b"jo@example.com\nmo@example.com\n", "looks like a contact's"),
        (b",".join(b"c%d" % n for n in range(201)) + b"\n1\n", "too many columns"),
    ],
)
def test_what_is_no_csv_file_is_refused_in_words(content, told):
    with pytest.raises(InvalidInput) as refused:
        read(content).header()

    assert told in str(refused.value)
    assert refused.value.next_step


def test_an_encoding_chosen_by_hand_that_does_not_fit_is_told():
    file = CsvFile(lambda: io.BytesIO("Name\nMüller".encode("cp1252")), "utf-8", ",")

    with pytest.raises(InvalidInput, match="aren't in the chosen encoding"):
        list(file.rows())


@given(st.binary(max_size=400) | st.text(alphabet='",;|\t\n\r\0a@é=', max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused_and_never_break_the_reader(content):
    try:
        file = read(content)
        file.header()
        rows = list(file.rows())
    except InvalidInput as refused:
        assert str(refused)
    else:
        assert sorted({row.line for row in rows}) == [row.line for row in rows]
        assert not any("\0" in cell for row in rows for cell in row.cells)


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('\n",;|\t'), max_size=20)


@given(
    st.lists(
        st.lists(TEXT, min_size=2, max_size=2).filter(lambda row: any(c.strip() for c in row)), max_size=6
    ),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_a_csv_writer_writes_is_read_back_as_it_was(rows, mark, encoding):
    file = io.StringIO()
    csv.writer(file, delimiter=mark).writerows([["Name", "Phone"], *rows])

    content = file.getvalue().encode(encoding)

    assert [row.cells for row in CsvFile(lambda: io.BytesIO(content), encoding, mark).rows()] == rows
