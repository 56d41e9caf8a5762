"""Text tables as other programs and people write them: what is read is what is meant."""

import unicodedata

import numpy as np
import pytest
from data_sets import assert_same
from hypothesis import given, settings
from hypothesis import strategies as st

from sobolev.data import Dataset, from_pandas, read, read_csv, read_parquet, write
from sobolev.data.numerals import cell, number
from sobolev.data.tables.headings import join_headings, split_headings
from sobolev.data.tables.units import is_unit, same_unit
from sobolev.errors import DataError

PLAIN = "a,b,eta,deta/da,deta/db\n1,2,3,4,5\n2,3,4,5,\n3,1,5,6,7\n"
ROWS = PLAIN.split("\n", 1)[1]
NAMES = ("a", "b"), ("eta",)
SAME = {
    "comments above": f"# made by hand\n# on a Monday\n{PLAIN}",
    "comments of MATLAB": f"% made by hand\n%\n{PLAIN}",
    "header as a comment": f"# run 7, final\n# {PLAIN}",
    "header as a comment without a space": f"#{PLAIN}",
    "header of percent": f"% {PLAIN}",
    "sep": f"sep=;\n{PLAIN.replace(',', ';')}",
    "sep in quotes": f'"sep=;"\n{PLAIN.replace(",", ";")}',
    "bars": PLAIN.replace(",", "|"),
    "spaces": PLAIN.replace(",,", ",NaN,").replace(",\n", ",nan\n").replace(",", "  "),
    "tabs and spaces": PLAIN.replace(",\n", ",nan\n").replace(",", "\t "),
    "savetxt": "# " + PLAIN.replace(",\n", ",nan\n").replace(",", " "),
    "indented": "\n".join(f"   {line}" for line in PLAIN.replace(",\n", ",nan\n").replace(",", "  ")
                          .splitlines()),
    "OpenMDAO's names": "a,b,eta,eta,a,eta,b\n" + ROWS,
    "trailing delimiters": PLAIN.replace("\n", ",\n"),
    "trailing delimiters of rows": PLAIN.split("\n")[0] + "\n" + ROWS.replace("\n", ",\n"),
    "trailing delimiter of the header": PLAIN.replace("\n", ",,\n", 1),
    "empty columns": PLAIN.replace("\n", ",,,\n"),
    "empty rows": PLAIN + ",,,,\n,,,,\n",
    "padded quotes": '"a"  , "b"     ,"eta"   ,  "deta/da" ,"deta/db"\n' + ROWS,
    "padding in quotes": '"a   ","b","   eta","deta/da ","deta/db"\n' + ROWS,
    "absent": PLAIN.replace(",\n", ",N/A\n"),
    "null": PLAIN.replace(",\n", ",NULL\n"),
    "Fortran": PLAIN.replace("3,4,5,\n", "3.0D0,4.D+00,0.5d+1,\n"),
    "UTF-16": PLAIN.encode("utf-16"),
    "UTF-16 without a mark": PLAIN.encode("utf-16-le"),
    "UTF-16, big": PLAIN.encode("utf-16-be"),
    "pandas": ",a,b,eta,deta/da,deta/db\n0,1,2,3,4,5\n1,2,3,4,5,\n2,3,1,5,6,7\n",
    "R": '"a","b","eta","deta/da","deta/db"\n"1",1,2,3,4,5\n"2",2,3,4,5,NA\n"3",3,1,5,6,7\n',
}  # fmt: skip


@pytest.fixture
def table(tmp_path):
    def write(text):
        path = tmp_path / "t.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_one_table_in_many_dialects(table, text):
    data = read_csv(table(text), *NAMES)
    assert data.x.tolist() == [[1, 2], [2, 3], [3, 1]]
    assert data.y[:, 0].tolist() == [3, 4, 5]
    np.testing.assert_array_equal(data.jacobian[:, 0], [[4, 5], [5, np.nan], [6, 7]])
    assert not data.unused.alarming


@pytest.mark.parametrize("text", [SAME["sep"], SAME["UTF-16"], SAME["savetxt"], SAME["pandas"]])
def test_names_are_inferred_in_every_dialect(table, text):
    assert read_csv(table(text)).inputs == ("a", "b")


def test_what_was_passed_over_is_said(table):
    text = PLAIN.replace("\n2,3", "\n# 9,9,9,9,9\n2,3")
    assert read_csv(table(text)).unused.line == "columns not used: (1 line is a comment)."
    assert "(row numbers)" in read_csv(table(SAME["pandas"])).unused.columns
    named = "a,b,eta,deta/da,deta/db,\n" + ROWS.replace("\n", ",x\n")
    assert "column 6, without a name" in read_csv(table(named), *NAMES).unused.columns


def test_rows_that_are_numbered_with_a_mark_are_rows(table):
    data = read_csv(table("id,a,u\n#1,1,2\n#2,2,3\n"), ("a",), ("u",))
    assert len(data) == 2 and data.unused.columns == ("id",)


UNITS = {
    "row": "a,b,eta,deta/da\nmm,-,MPa,MPa/mm\n1,2,3,4\n",
    "row in brackets": "a,b,eta,deta/da\n[mm],[-],[MPa],[MPa/mm]\n1,2,3,4\n",
    "row in parentheses": "a;b;eta;deta/da\n(mm);;(MPa);\n1;2;3;4\n",
    "header": "a [mm],b,eta[MPa],deta/da [MPa·mm⁻¹]\n1,2,3,4\n",
    "both": "a [mm],b,eta,deta/da\nmm,,MPa,\n1,2,3,4\n",
    "spaces": "a [mm] b eta [MPa] deta/da\n1 2 3 4\n",
}


@pytest.mark.parametrize("text", UNITS.values(), ids=UNITS)
def test_units_of_a_header_and_of_a_row(table, text):
    data = read_csv(table(text), *NAMES)
    assert (data.input_units, data.output_units) == (("mm", ""), ("MPa",))
    assert (len(data), data.jacobian[0, 0, 0]) == (1, 4)


def test_letters_of_windows(table):
    text = "größe [µm],é,note\n1,2,für\n".encode("cp1252")
    data = read_csv(table(text), ("größe",), ("é",))
    assert (data.inputs, data.input_units, data.y.tolist()) == (("größe",), ("µm",), [[2]])


def test_letters_that_look_the_same_are_the_same(table):
    name = "Übergang"
    apart = unicodedata.normalize("NFD", name)
    assert apart != name
    text = f"{apart},µ,u,du/d{name},du/dμ\n1,2,3,4,5\n"
    data = read_csv(table(text), (name, "\N{GREEK SMALL LETTER MU}"), ("u",))
    assert data.inputs == (name, "\N{GREEK SMALL LETTER MU}")
    assert data.jacobian.tolist() == [[[4, 5]]]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.0D-03", 1e-3), ("5.6-304", 5.6e-304), ("-.5d2", -50), ("1.5+100", 1.5e100),
        (" 2 ", 2), ("1Q3", 1000), ("1.#QNAN", np.nan), ("-nan(ind)", np.nan), ("inf", np.inf),
        ("1_0", None), ("5-304", None), ("2020-01-01", None), ("0x10", None), ("hot", None),
        ("", None), ("1,5", None), ("NA", None),
    ],
)  # fmt: skip
def test_numbers_as_programs_print_them(text, value):
    found = number(text)
    assert found == value or (value != value and found != found)


@pytest.mark.parametrize("text", ["", "NA", "N/A", "#N/A", "NULL", "null", "None", "-", " na "])
def test_words_for_what_is_absent(text):
    assert np.isnan(cell(text))
    assert number(text) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("N·mm⁻¹", "N/mm"), ("N mm^-1", "N/mm"), ("µm", "μm"), ("kg m s⁻²", "kg·m/s²"),
        ("W/(m K)", "W m-1 K-1"), ("m2", "m²"), ("m^(1/2)", "m^0.5"), ("-", "1"), ("Ω", "Ω"),
        ("N / mm", "N/mm"), ("mm**2", "mm2"),
    ],
)  # fmt: skip
def test_units_that_are_one(one, other):
    assert same_unit(one, other) and same_unit(other, one)


@pytest.mark.parametrize(
    ("one", "other"), [("mm", "m"), ("N/mm", "N·mm"), ("MPa", "mPa"), ("N/m/s", "N/(m/s)")]
)
def test_units_that_are_not(one, other):
    assert not same_unit(one, other)


@pytest.mark.parametrize("text", ["MPa", "N/mm²", "%", "-", "°C", "1/s", "kips", "10^6 Pa", "m3/s"])
def test_units(text):
    assert is_unit(text)


@pytest.mark.parametrize("text", ["Rho", "0", "1", "RhoU", "k", "x", "0,1", "", "t", "^", "("])
def test_no_units(text):
    assert not is_unit(text)


def test_brackets_are_a_unit_or_belong_to_the_name():
    texts = ["a [mm]", "b[0]", "b [0, 1]", "rms[Rho]", "rms[T]", "du/drms[T]", "L[m]", "x []",
             "f [1]", "g[1]", "h [odd]", "[mm]"]  # fmt: skip
    assert split_headings(texts) == [
        ("a", "mm"), ("b[0]", ""), ("b [0, 1]", ""), ("rms[Rho]", ""), ("rms[T]", ""),
        ("du/drms[T]", ""), ("L", "m"), ("x", ""), ("f", "1"), ("g[1]", ""), ("h", "odd"),
        ("[mm]", ""),
    ]  # fmt: skip


WILD = st.text(alphabet="ab[]()0 1m/,;#%_d²é", min_size=1, max_size=8).map(str.strip).filter(bool)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(names=st.lists(WILD, min_size=1, max_size=5, unique=True), data=st.data())
def test_names_of_any_kind_are_read_as_they_were_written(names, data):
    units = [data.draw(st.sampled_from(["", "", "mm", "N/mm²"])) for _ in names]
    headings = list(zip(names, units, strict=True))
    assert split_headings(join_headings(headings)) == headings


def test_a_declared_name_is_not_taken_apart(table):
    data = read_csv(table("rms[V],u,du/drms[V]\n1,2,3\n2,3,4\n"), ("rms[V]",), ("u",))
    assert (data.inputs, data.input_units, data.jacobian[0, 0, 0]) == (("rms[V]",), ("",), 3)
    data = read_csv(table("a [mm],u,du/da\n1,2,3\n"), ("a [mm]",), ("u",))  # copied out
    assert (data.inputs, data.input_units, data.jacobian[0, 0, 0]) == (("a",), ("mm",), 3)


def test_entries_of_arrays(table):
    for names in ({}, {"inputs": ("b[0]", "b[1]"), "outputs": ("f",)}):
        data = read_csv(table("b[0],b[1],f,df/db[0],df/db[1]\n1,2,3,4,5\n"), **names)
        assert (data.inputs, data.jacobian.tolist()) == (("b[0]", "b[1]"), [[[4, 5]]])
    text = "K[0,0],K[0,1],f,df/dK[0,0],df/dK[0,1]\n1,2,3,4,5\n"
    assert read_csv(table(text)).inputs == ("K[0,0]", "K[0,1]")


SPELLED = {
    "spaces": "dy / da", "typeset": "∂y/∂a", "typeset with spaces": "∂y / ∂a", "total": "Dy/Da",
    "der": "der(y,a)", "D": "D(y,a)", "grad": "grad_y_a", "dot": "dy.da", "brackets": "d(y)/d(a)",
    "Jacobian": "jac_y_a", "of": "d y/d a", "word": "gradient(y,a)",
}  # fmt: skip


@pytest.mark.parametrize("name", SPELLED.values(), ids=SPELLED)
def test_derivatives_in_other_spellings_are_read(table, name):
    data = read_csv(table(f'a,b,y,"{name}"\n1,2,3,4\n'), ("a", "b"), ("y",))
    assert data.jacobian[0, 0].tolist()[0] == 4
    assert not data.unused


@pytest.mark.parametrize("name", ["dy / da", "∂y/∂a", "Dy/Da"])
def test_what_is_typeset_is_also_inferred(table, name):
    data = read_csv(table(f"a,y,{name}\n1,3,4\n"))
    assert (data.inputs, data.outputs, data.jacobian.tolist()) == (("a",), ("y",), [[[4]]])


@pytest.mark.parametrize("name", ["∂²y/∂a∂b", "d^2y/dadb", "d2y / da db", "hess_y_a_b"])
def test_second_derivatives_in_other_spellings(table, name):
    data = read_csv(table(f"a,b,y,{name}\n1,2,3,4\n"), ("a", "b"), ("y",))
    assert data.hessian[0, 0, 1, 0] == 4


@pytest.mark.parametrize(
    "name", ["dy_dA", "sens_y_a", "slope_a", "gradA", "dyda", "DY_DA", "Jacobian 1", "dY_da"]
)
def test_what_may_be_a_derivative_is_said(table, name):
    data = read_csv(table(f"a,y,{name},note\n1,3,4,x\n"), ("a",), ("y",))
    assert data.jacobian is None
    assert data.unused.alarming
    assert data.unused.line == (
        f"columns not used: {name}, note; '{name}' looks like a derivative: declare it with "
        f"columns={{'y': {{'a': '{name}'}}}}."
    )
    assert "in --config" in data.unused.line.option
    again = read_csv(table(f"a,y,{name}\n1,3,4\n"), ("a",), ("y",), {"y": {"a": name}})
    assert again.jacobian.tolist() == [[[4]]] and not again.unused


@pytest.mark.parametrize("name", ["note", "date", "dist_d1", "index", "diameter", "day", "d", "sd"])
def test_ordinary_columns_raise_no_alarm(table, name):
    data = read_csv(table(f"a,y,{name}\n1,3,4\n"), ("a",), ("y",))
    assert data.unused.columns == (name,) and not data.unused.alarming


def test_entries_with_commas_are_mapped(table):
    text = 'f,"K[0,0]","K[0,1]",twist\n1,2,3,4\n'
    data = read_csv(table(text), columns={"f": {"K[0,0], K[0,1]": "twist"}})
    assert data.hessian[0, 0, 0, 1] == 4


@pytest.mark.parametrize("text", ["1.0D-03", "N/A", "NULL", "2"])
def test_numbers_as_text_in_other_tables(tmp_path, text):
    import pandas

    frame = pandas.DataFrame({"a": ["1", "2"], "u": [text, "3"], "note": ["x", "y"]})
    frame.to_parquet(tmp_path / "t.parquet")
    for data in (
        read_parquet(tmp_path / "t.parquet", ("a",), ("u",)), from_pandas(frame, ("a",), ("u",)),
    ):  # fmt: skip
        np.testing.assert_array_equal(data.y[:, 0], [cell(text), 3])
        assert data.unused.columns == ("note",)
    with pytest.raises(DataError, match="column 'note' holds"):
        from_pandas(frame, ("note",), ("u",))


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@settings(derandomize=True, deadline=None, max_examples=100)
@given(names=st.lists(WILD, min_size=4, max_size=4, unique=True),
       units=st.lists(st.sampled_from(["", "mm", "N/mm²"]), min_size=4, max_size=4))  # fmt: skip
def test_what_is_written_is_read_under_any_names(tmp_path_factory, suffix, names, units):
    x = np.array([[1.0, 2.0], [3.0, 5.0]])
    data = Dataset(x, x[:, ::-1], np.ones((2, 2, 2)), inputs=tuple(names[:2]),
                   outputs=tuple(names[2:]), input_units=tuple(units[:2]),
                   output_units=tuple(units[2:]))  # fmt: skip
    path = tmp_path_factory.getbasetemp() / f"wild{suffix}"
    try:
        write(path, data)
    except DataError as error:  # names of derivatives, such as da/db of a
        assert "write .npz or .h5 instead" in str(error)
        assert any("d" in name for name in names)
        return
    assert_same(read(path, data.inputs, data.outputs), data)
