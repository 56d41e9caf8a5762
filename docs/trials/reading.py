"""What failed when tables and files of other tools were read, run again: `run.py --only S2`.

Each trial makes its input in a folder, reads it, and says in a line what came. The answers of 0.1
(eb28a9c) are text.
"""

import contextlib
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from typer.testing import CliRunner

import sobolev as sb
from sobolev.cli import app
from sobolev.data import from_smt, read_dakota, read_points, read_results, write_results

Trial = tuple[str, Callable[[Path], str]]
TABLE = "a,b,eta,deta/da,deta/db\n1,2,3,4,5\n2,3,4,5,6\n3,1,5,6,7\n"
AB = ("a", "b"), ("eta",)


def said(ask: Callable[[], object]) -> str:
    """What is returned, or the sentence of the refusal, or that it was a traceback."""
    try:
        return str(ask())
    except sb.errors.SobolevError as error:
        return f"refused: {error}"
    except Exception as error:
        return f"traceback: {type(error).__name__}: {error}"


def table(folder: Path, content: str | bytes) -> Path:
    """A CSV file of this content."""
    path = folder / "t.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def slopes(path: Path, *names) -> str:
    """The labels of the first row, and what of the file was not used."""

    def ask() -> str:
        data = sb.read(path, *names)
        found = None if data.jacobian is None else data.jacobian[0].tolist()
        return f"y = {data.y[0].tolist()}, slopes {found}. {data.unused.line}".strip()

    return said(ask)


def a_label_that_begins_with_fail(folder: Path) -> str:
    """S2."""
    (folder / "r.1").write_text("0.5 failure_index\n2 mass\n[1 2]\n[3 4]\n")
    return said(lambda: f"values {read_results(folder / 'r.1').values.tolist()}")


def brackets_in_a_label(folder: Path) -> str:
    """S3."""
    data = sb.Dataset([[1.0]], [[3.5]], outputs=("s[7]",))
    found = read_results(write_results(folder / "r.1", data, 0))
    return f"values {found.values.tolist()}, gradients {found.gradients.tolist()}"


def energies_and_forces_under_other_keys(folder: Path) -> str:
    """S4: an extended XYZ file."""
    text = "1\nProperties=species:S:1:pos:R:3:REF_forces:R:3 energy=1.5\nH 0 0 0 1 2 3\n"
    (folder / "a.xyz").write_text(text)
    return slopes(folder / "a.xyz")


SPELLINGS = "dy / da", "∂y/∂a", "Dy/Da", "der(y,a)", "D(y,a)", "grad_y_a", "dy.da", "dy_dA"


def derivatives_in_other_spellings(folder: Path) -> str:
    """S4: tables."""
    found = []
    for name in SPELLINGS:
        data = sb.read(table(folder, f'a,y,"{name}"\n1,2,3\n2,3,4\n'), ("a",), ("y",))
        found.append(f"{name}: {'read' if data.jacobian is not None else data.unused.line}")
    return "; ".join(found)


def keys_that_differ_in_case(folder: Path) -> str:
    """S6."""
    (folder / "a.xyz").write_text("1\nenergy=1.5 Energy=7\nH 0 0 0\n")
    return slopes(folder / "a.xyz")


def recorded(folder: Path, **scales) -> Path:
    """A recording of OpenMDAO: f = Σ b² with a driver that scales or takes a part of b."""
    import openmdao.api as om

    problem = om.Problem(driver=om.DOEDriver(om.UniformGenerator(num_samples=3, seed=1)),
                         reports=False)  # fmt: skip
    problem.model.add_subsystem("v", om.IndepVarComp("b", np.ones(2)), promotes=["*"])
    problem.model.add_subsystem("c", om.ExecComp("f = sum(b**2)", b=np.ones(2)), promotes=["*"])
    problem.model.add_design_var("b", lower=-1, upper=1, **scales)
    problem.model.add_objective("f")
    recorder = om.SqliteRecorder(str(folder / "cases.sql"), record_viewer_data=False)
    problem.driver.add_recorder(recorder)
    problem.driver.recording_options["record_derivatives"] = True
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        problem.setup()
        problem.run_driver()
        problem.cleanup()
    return next(folder.rglob("cases.sql"))


def exact(path: Path) -> str:
    """How far the slopes are from 2 b."""

    def ask() -> str:
        data = sb.read(path)
        assert data.jacobian is not None
        error = np.abs(data.jacobian[:, 0] - 2 * data.x).max()
        return f"inputs {', '.join(data.inputs)}, slopes right to {error:.0e}"

    return said(ask)


def scales_of_each_entry(folder: Path) -> str:
    """R1."""
    return exact(recorded(folder, ref=np.array([2.0, 5.0]), ref0=np.array([0.5, 1.0])))


def a_part_of_an_array(folder: Path) -> str:
    """R3."""
    return exact(recorded(folder, indices=[1]))


def a_recording_of_several_processes(folder: Path) -> str:
    """R4: the two files that two processes leave, made of one."""
    import sqlite3

    content = recorded(folder).read_bytes()
    for name, dropped in (("cases.sql_0", "metadata"), ("cases.sql_meta", "driver_iterations")):
        (folder / name).write_bytes(content)
        with sqlite3.connect(folder / name) as database:
            database.execute(f"drop table {dropped}")
    both = [exact(folder / name) for name in ("cases.sql_0", "cases.sql_meta")]
    (folder / "cases.sql_0").rename(folder / "renamed.sql")
    return "; ".join([*both, said(lambda: sb.read(folder / "renamed.sql"))])


def brackets_in_names(folder: Path) -> str:
    """R5."""
    path = table(folder, "b[0],b[1],f,df/db[0]\n1,2,3,4\n2,3,4,5\n")
    other = sb.read(table(folder, "rms[Rho],f\n1,2\n"), ("rms[Rho]",), ("f",))
    path = table(folder, "b[0],b[1],f,df/db[0]\n1,2,3,4\n2,3,4,5\n")
    return f"{slopes(path, ('b[0]', 'b[1]'), ('f',))}; {other.inputs} without a unit"


def smt_without_a_table(folder: Path) -> str:
    """R6."""
    x, y = np.ones((3, 2)), np.ones((3, 1))
    return "; ".join(said(lambda d=d: from_smt(x, y, d)) for d in ([y], np.ones((3, 2))))  # type: ignore[misc]


def points_in_any_format(folder: Path) -> str:
    """M2."""
    data = sb.read(table(folder, TABLE))
    paths = [sb.write(folder / f"p{suffix}", data) for suffix in (".npz", ".h5")]
    return "; ".join(
        said(lambda p=path: f"{p.suffix}: {len(read_points(p, ('a', 'b')))} points")
        for path in paths
    )


def text_tables(folder: Path) -> str:
    """M3."""
    kinds = {
        "# lines": f"# by hand\n{TABLE}", "sep=;": f"sep=;\n{TABLE.replace(',', ';')}",
        "commas in names": TABLE.replace("deta/da,deta/db", "eta,a,eta,b"),
        "spaces": TABLE.replace(",", " "), "% header": f"% {TABLE}",
    }  # fmt: skip
    return "; ".join(f"{k}: {slopes(table(folder, v), *AB)}" for k, v in kinds.items())


def padded_quotes(folder: Path) -> str:
    """M4."""
    head = '"a"   , "b"   ,"eta"     ,"deta/da"   , "deta/db"\n'
    return slopes(table(folder, head + TABLE.split("\n", 1)[1]), *AB)


def numbers_and_gaps(folder: Path) -> str:
    """Annoyances: what stands in cells."""
    cells = "1.0D-03", "5.6-304", "NA", "N/A", "#N/A", "NULL"
    found = (slopes(table(folder, TABLE.replace("3,4,5\n", f"3,{c},5\n")), *AB) for c in cells)
    return "; ".join(f"{c}: {f}" for c, f in zip(cells, found, strict=True))


def columns_without_a_name(folder: Path) -> str:
    """Annoyances: the index of pandas, empty columns."""
    lines = TABLE.splitlines()
    index = "\n".join([f",{lines[0]}", *(f"{i},{line}" for i, line in enumerate(lines[1:]))])
    empty = TABLE.replace("\n", ",,\n")
    return "; ".join(slopes(table(folder, text + "\n"), *AB) for text in (index, empty))


def units_and_letters(folder: Path) -> str:
    """Annoyances: a row of units, other encodings, letters that look the same."""
    first, rest = TABLE.split("\n", 1)
    texts: list[str | bytes] = [f"{first}\nmm,mm,MPa,,\n{rest}", TABLE.encode("utf-16")]
    found = [slopes(table(folder, text), *AB) for text in texts]
    windows = table(folder, "größe [µm],é\n1,2\n".encode("cp1252"))
    found.append(slopes(windows, ("größe",), ("é",)))
    micro = table(folder, "\N{MICRO SIGN},u,du/d\N{GREEK SMALL LETTER MU}\n1,2,3\n")
    found.append(slopes(micro, ("\N{GREEK SMALL LETTER MU}",), ("u",)))
    unit = table(folder, "a [mm],u [N],du/da [N·mm⁻¹]\n1,2,3\n")
    return "; ".join([*found, slopes(unit)])


def frames_of_atoms(folder: Path) -> str:
    """Annoyances: an isolated atom, a periodic cell that varies."""
    alone = "1\nenergy=-3 config_type=IsolatedAtom\nH 0 0 0\n"
    cell = '2\nenergy=1 pbc="T T T" Lattice="9 0 0 0 9 0 0 0 {}"\nH 0 0 0\nH 0 0 1\n'
    (folder / "a.xyz").write_text(alone + cell.format(9) + cell.format(8))
    return slopes(folder / "a.xyz")


def a_dakota_study(folder: Path) -> str:
    """S2 and S3 in a study: what our own writers make is read."""
    data = sb.Dataset([[1.0], [2.0]], [[3.0, 4.0], [5.0, 6.0]], np.ones((2, 2, 1)),
                      inputs=("x[0]",), outputs=("failure_index", "s[7]"))  # fmt: skip
    from sobolev.data import write_tabular

    write_tabular(folder / "t.dat", data)
    for row in range(2):
        write_results(folder / f"results.out.{row + 1}", data, row)
    found = read_dakota(folder / "t.dat", folder, data.inputs, data.outputs)
    same = np.array_equal(found.y, data.y) and np.array_equal(found.jacobian, data.jacobian)
    return "the same bits" if same else "other numbers"


def on_the_command_line(folder: Path) -> str:
    """S4: the line of `check`."""
    path = table(folder, "a,y,dy_dA\n1,2,3\n2,3,4\n3,4,5\n")
    done = CliRunner().invoke(app, ["check", str(path), "--inputs", "a", "--outputs", "y"])
    return done.stderr.strip()


TRIALS: dict[str, list[Trial]] = {
    "S2": [
        ("nothing is read, the row becomes NaN", a_label_that_begins_with_fail),
        ("the row becomes NaN, [7] becomes a gradient", a_dakota_study),
    ],
    "S3": [("a gradient [[7.0]]", brackets_in_a_label)],
    "S4": [
        ("values only, nothing said", energies_and_forces_under_other_keys),
        ("ignored, nothing said", derivatives_in_other_spellings),
        ("nothing said", on_the_command_line),
    ],
    "S6": [("y = 7, the last key", keys_that_differ_in_case)],
    "R1": [("damaged, record it again", scales_of_each_entry)],
    "R3": [("refused, the whole file", a_part_of_an_array)],
    "R4": [
        ("refused by suffix; renamed: damaged", a_recording_of_several_processes),
    ],
    "R5": [("column 'b' occurs twice; rms in the unit Rho", brackets_in_names)],
    "R6": [("traceback: AttributeError", smt_without_a_table)],
    "M2": [("not UTF-8 text", points_in_any_format)],
    "M3": [("complete the row", text_tables)],
    "M4": [("not a CSV table, export it again", padded_quotes)],
    "Annoyance": [
        ("not a number: correct the cell", numbers_and_gaps),
        ("column 1 has no name; column 6 has no name", columns_without_a_name),
        ("'mm' is not a number; not UTF-8 text; there is no column μ; give it in [N/mm]",
         units_and_letters),
        ("other atoms: refused; the cell: nothing said", frames_of_atoms),
    ],
}  # fmt: skip
