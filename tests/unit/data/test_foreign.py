"""Data that come as objects of other libraries, or as atoms."""

import numpy as np
import pandas
import pytest
import xarray
from data_sets import assert_same, data_sets, everything, numbers
from hypothesis import given, settings
from hypothesis import strategies as st

from sobolev import read, write
from sobolev.data import (
    Dataset,
    from_pandas,
    from_smt,
    from_xarray,
    read_extxyz,
    to_pandas,
    to_smt,
    to_xarray,
)
from sobolev.errors import DataError
from sobolev.sources.calculated import Calculated, tensor

ONLY_TABLES = ("y", "jacobian", "hessian")


@pytest.mark.parametrize("seed", range(3))
def test_frames_come_back(seed):
    data = everything(seed, ONLY_TABLES, table=True)
    frame = to_pandas(data)
    assert frame.attrs["units"]["a"] == "mm"
    assert_same(from_pandas(frame, data.inputs, data.outputs), data)


@settings(derandomize=True, deadline=None, max_examples=30)
@given(data=data_sets(table=True))
def test_any_frame_comes_back_or_is_refused(data):
    try:
        frame = to_pandas(data)
    except DataError as error:
        assert "write .npz or .h5 instead" in str(error)
    else:
        assert_same(from_pandas(frame, data.inputs, data.outputs), data)


def test_frames_of_others():
    frame = pandas.DataFrame(
        {"a [mm]": [1, 2], "u": pandas.array([1, None], "Int64"), "du/da": [None, 2.0]},
        index=[7, 7],
    )
    data = from_pandas(frame)
    assert data.input_units == ("mm",)
    assert data.y[0, 0] == 1
    assert np.isnan(data.y[1, 0])
    mapped = from_pandas(
        frame.rename(columns={"du/da": "s"}), ("a",), ("u",), {"u": {"a": "s"}}
    )  # fmt: skip
    assert mapped.jacobian[1, 0, 0] == 2


BAD_FRAMES = {
    "no frame": ([[1.0]], "a pandas.DataFrame is needed: got list"),
    "empty": (pandas.DataFrame({"a": [], "u": [], "du/da": []}), "no row"),
    "text": (pandas.DataFrame({"a": ["x"], "u": [1.0], "du/da": [1.0]}), "'a' holds (str|object)"),
    "gap": (
        pandas.DataFrame({"a": [np.nan], "u": [1.0], "du/da": [1.0]}),
        "row 0, column 'a': nan",
    ),
    "twice": (pandas.DataFrame([[1.0] * 3], columns=["a", "a", "u"]), "'a' occurs twice"),
}


@pytest.mark.parametrize(("frame", "message"), BAD_FRAMES.values(), ids=BAD_FRAMES)
def test_bad_frames_are_refused(frame, message):
    with pytest.raises(DataError, match=message):
        from_pandas(frame)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(data=data_sets())
def test_any_data_set_goes_through_xarray(data):
    assert_same(from_xarray(to_xarray(data)), data)


def test_xarray_knows_the_names():
    data = everything(0)
    arrays = to_xarray(data)
    slope = arrays.jacobian.sel(output="η", input="a").values
    assert np.array_equal(slope, data.jacobian[:, 0, 0], equal_nan=True)
    assert_same(from_xarray(arrays.transpose()), data)
    for wrong, message in (
        (xarray.Dataset({"z": ("row", [1.0])}), "'z' is none of x"),
        (xarray.Dataset({"y": (("row", "output"), [[1.0]])}), "no variable 'x'"),
        (xarray.Dataset({"x": ("row", [1.0])}), "has the dimensions"),
        (arrays.assign_coords(input2=["β 1", "a"]), "input2 names"),
        (3, "xarray.Dataset is needed"),
    ):
        with pytest.raises(DataError, match=message):
            from_xarray(wrong)


def test_arrays_of_smt_come_back():
    rng = np.random.default_rng(0)
    x, y, slopes = (numbers(rng, shape, 0) for shape in ((5, 3), (5, 2), (5, 2, 3)))
    data = from_smt(x, y, {kx: slopes[:, :, kx] for kx in range(3)})
    assert_same(data, Dataset(x, y, slopes))
    assert_same(from_smt(*to_smt(data)), data)
    part = from_smt(x, y[:, 0], {2: slopes[:, 0, 2]})
    assert np.isnan(part.jacobian[:, :, :2]).all()
    xt, yt, dyt = to_smt(part)
    assert list(dyt) == [2]
    assert (xt.shape, yt.shape, dyt[2].shape) == ((5, 3), (5, 1), (5, 1))


def test_what_smt_does_not_take_is_refused():
    x, y = np.arange(6.0).reshape(3, 2), np.ones((3, 1))
    gap = np.ones((3, 1, 2))
    gap[1, 0, 1] = np.nan
    for data, message in (
        (Dataset(x, y, hessian=np.ones((3, 1, 2, 2))), "leave out 'hessian'"),
        (Dataset(x, gap[:, :, 1]), "no absent values"),
        (Dataset(x, y, gap), "derivatives by 'x2' are absent"),
        (Dataset(x, y, noise={"y": 1.0}), "no noise levels"),
    ):
        with pytest.raises(DataError, match=message):
            to_smt(data)
    for dyt, message in (
        ({2: y}, "key 2: give kx, 0 to 1"),
        ({0: y[:2]}, "has 3 rows, yt and dyt"),
        ([y, y], "dyt is of type list: give a table of the derivatives"),
        (np.ones((3, 2)), "dyt is of type ndarray.*{kx: dyt"),
        ([], "dyt is of type list"),
        (y, "dyt is of type ndarray"),
        ({0: [[1], [2, 3], [4]]}, r"dyt\[0\] has rows of different lengths"),
    ):
        with pytest.raises(DataError, match=message):
            from_smt(x, y, dyt)


def lennard_jones(atoms=4, configurations=3):
    from ase import Atoms
    from ase.calculators.lj import LennardJones

    rng = np.random.default_rng(0)
    grid = np.array([[0, 0, 0], [1.2, 0, 0], [0, 1.2, 0], [0, 0, 1.2]])[:atoms]
    found = []
    for _ in range(configurations):
        found.append(Atoms("CH3"[: max(2, atoms)], grid + 0.1 * rng.normal(size=grid.shape)))
        found[-1].calc = LennardJones(rc=10.0)
        found[-1].get_forces()
    return found


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_forces_that_ase_wrote_are_minus_the_gradient(tmp_path):
    import ase.io

    images = lennard_jones()
    ase.io.write(tmp_path / "a.xyz", images, format="extxyz")
    data = read(tmp_path / "a.xyz")
    assert data.inputs[:4] == ("C1.x", "C1.y", "C1.z", "H2.x")
    assert (data.outputs, data.output_units) == (("energy",), ("eV",))
    forces = np.array([image.get_forces().ravel() for image in images])
    np.testing.assert_allclose(data.jacobian[:, 0], -forces, rtol=1e-6, atol=1e-7)  # 8 digits
    step = 1e-5
    for j in (0, 4, 11):  # and this is what the sign means
        energies = []
        for sign in (1, -1):
            moved = images[0].copy()
            moved.positions.flat[j] += sign * step
            moved.calc = images[0].calc
            energies.append(moved.get_potential_energy())
        slope = (energies[0] - energies[1]) / (2 * step)
        np.testing.assert_allclose(data.jacobian[0, 0, j], slope, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("key", ["stress", "virial"])
def test_stresses_are_slopes_along_strains_of_the_first_cell(tmp_path, key):
    """As `Calculated` has them, of cells that are strained, and turned as a whole."""
    from ase.build import bulk
    from ase.calculators.emt import EMT

    atoms = bulk("Cu", cubic=True)
    atoms.calc = EMT()
    exact = Calculated(atoms, rattle=0.1, strain=0.03)
    x = exact.box.from_unit(np.random.default_rng(0).random((3, 18)))
    x[0, 12:] = 0
    text, columns = "", {"energy": {"pos": "forces", "strain": key}}
    for row in x:
        moved = np.eye(3) + tensor(row[12:])
        here = atoms.copy()
        here.calc = EMT()
        here.set_cell(atoms.cell[:] @ moved)
        here.positions = row[:12].reshape(4, 3) @ moved
        energy, forces, σ = here.get_potential_energy(), here.get_forces(), here.get_stress(False)
        R = (
            np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
            if len(text)
            else np.eye(3)
        )
        R *= np.linalg.det(R)
        σ = R.T @ σ @ R * (1 if key == "stress" else -here.get_volume())
        said = [" ".join(map(repr, part.ravel().tolist())) for part in (here.cell[:] @ R, σ)]
        text += (
            '4\nProperties=species:S:1:pos:R:3:forces:R:3 pbc="T T T" '
            f'energy={float(energy)!r} Lattice="{said[0]}" {key}="{said[1]}"\n'
        )
        for place, force in zip(here.positions @ R, forces @ R, strict=True):
            text += "Cu " + " ".join(map(repr, [*place.tolist(), *force.tolist()])) + "\n"
    (tmp_path / "a.xyz").write_text(text)
    data = read(tmp_path / "a.xyz", columns=columns)
    assert data.inputs == exact.inputs and data.input_units == exact.box.units
    np.testing.assert_allclose(data.x, x, rtol=1e-12, atol=1e-13)
    assert np.all(data.x[0, 12:] == 0)
    for found, right in zip((data.y, data.jacobian), exact.derivatives(x, 1), strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-9, atol=1e-10)
    alone = read(tmp_path / "a.xyz")  # unless it is asked for
    assert alone.inputs == data.inputs[:12] and key in alone.unused.line
    (tmp_path / "a.xyz").write_text(text.replace(f'{key}="', f'{key}="1 ', 1))
    with pytest.raises(DataError, match=f"line 2: {key}=.* is not 9 or 6 finite numbers"):
        read(tmp_path / "a.xyz", columns=columns)
    (tmp_path / "a.xyz").write_text(text.replace("T T T", "T T F"))
    with pytest.raises(DataError, match="line 2: a stress is of a periodic cell"):
        read(tmp_path / "a.xyz", columns=columns)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_ase_reads_what_we_write(tmp_path):
    import ase.io

    rng = np.random.default_rng(0)
    names = tuple(f"{s}{i + 1}.{c}" for i, s in enumerate("OHH") for c in "xyz")
    data = Dataset(
        rng.normal(size=(4, 9)), rng.normal(size=(4, 1)), rng.normal(size=(4, 1, 9)),
        inputs=names, outputs=("energy",), input_units=("Å",) * 9, output_units=("eV",),
    )  # fmt: skip
    data.y[2], data.jacobian[3] = np.nan, np.nan
    path = write(tmp_path / "a.extxyz", data)
    assert_same(read(path), data)
    images = ase.io.read(path, ":", format="extxyz")
    assert images[0].get_chemical_symbols() == ["O", "H", "H"]
    assert np.array_equal(images[0].positions.ravel(), data.x[0])
    assert images[0].get_potential_energy() == data.y[0, 0]
    assert np.array_equal(images[0].get_forces().ravel(), -data.jacobian[0, 0])


XYZ = "2\nProperties=species:S:1:pos:R:3:forces:R:3 energy=1.5\nH 0 0 0 1 2 3\nH 0 0 1 -1 -2 -3\n"
BAD_XYZ = {
    "empty": ("", "no configuration"),
    "no number": ("H 0 0 0\n", "line 1: 'H 0 0 0' is not the number of atoms"),
    "cut off": (XYZ[:-15], r"2 atoms are announced, but the file ends after 1|has . columns"),
    "columns": (XYZ.replace("1 2 3", "1 2"), "line 3 has 6 columns, 7 are announced"),
    "text": (XYZ.replace("1 2 3", "1 2 x"), "line 3: 'x' is not a finite number"),
    "infinite": (XYZ.replace("energy=1.5", "energy=inf"), "line 2: 'inf'"),
    "no positions": (XYZ.replace("pos:R:3", "pot:R:3"), "no column pos of 3"),
    "properties": (XYZ.replace("R:3:f", "R:x:f"), "cannot be read"),
    "other atoms": (
        XYZ + XYZ.replace("H 0 0 1", "O 0 0 1"),
        "line 5: .* atoms H O, the first one H H",
    ),
    "one more": (XYZ + "H 0 0 0 0 0 0\n", "line 5: 'H 0 0 0 0 0 0' is not the number"),
    "a key twice": (XYZ.replace("energy=1.5", "energy=1.5 energy=2"), "the key 'energy' twice"),
    "nothing known": (XYZ.replace(":forces:R:3 energy=1.5", ":other:R:3"), "every label is absent"),
}


@pytest.mark.parametrize(("text", "message"), BAD_XYZ.values(), ids=BAD_XYZ)
def test_bad_configurations_are_refused(tmp_path, text, message):
    (tmp_path / "a.xyz").write_text(text)
    with pytest.raises(DataError, match=rf"a\.xyz(?s:.*)({message})"):
        read_extxyz(tmp_path / "a.xyz")


HEAD = "2\nProperties=species:S:1:pos:R:3{} {}\n"
ATOMS = "H 0 0 0 1 2 3 4 5 6\nH 0 0 1 -1 -2 -3 -4 -5 -6\n"
KEYS = {
    "the exact key": (":x:R:3:y:R:3", "energy=1 Energy=2 ENERGY=3", 1, None, "Energy, ENERGY"),
    "the exact key, last": (":x:R:3:y:R:3", "Energy=2 energy=1", 1, None, "Energy"),
    "the exact column": (":Forces:R:3:forces:R:3", "energy=1", 1, 4, "Forces"),
    "the only forces": (":REF_forces:R:3:x:R:3", "energy=1", 1, 1, "forces from 'REF_forces'"),
    "the only force": (":force:R:3:x:R:3", "energy=1", 1, 1, "x"),
    "the only energy": (":forces:R:3:x:R:3", "dft_energy=7", 7, 1, "energies are read from 'dft"),
    "a pair": (":REF_forces:R:3:x:R:3", "REF_energy=7 q=0", 7, 1, "q"),
    "two of forces": (":a_forces:R:3:b_forces:R:3", "energy=1", 1, None,
                      "'a_forces', 'b_forces' look like forces: say which with columns={'energy': "
                      "{'pos': 'a_forces'}}"),
    "two of energy": (":forces:R:3:y:R:3", "a_energy=1 b_energy=2", np.nan, 1, "like an energy"),
    "no label": (":forces:R:3:forces_weight:R:3", "energy=1 energy_weight=3", 1, 1, "energy_wei"),
    "a gradient": (":gradient:R:3:y:R:3", "energy=2", 2, None, "looks like a gradient"),
    "other letters": (":forces:R:3:y:R:3", "Energy=2", 2, 1, "y"),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "keys", "energy", "force", "said"), KEYS.values(), ids=KEYS)
def test_which_key_is_the_energy_and_which_the_forces(tmp_path, columns, keys, energy, force, said):
    (tmp_path / "a.xyz").write_text(HEAD.format(columns, keys) + ATOMS)
    data = read_extxyz(tmp_path / "a.xyz")
    np.testing.assert_array_equal(data.y, [[energy]])
    assert (None if data.jacobian is None else -data.jacobian[0, 0, 0]) == force
    assert said in data.unused.line


def test_keys_can_be_declared(tmp_path):
    path = tmp_path / "a.xyz"
    path.write_text(HEAD.format(":a_forces:R:3:b_forces:R:3", "a_energy=1 b_energy=2") + ATOMS)
    with pytest.raises(DataError, match="'a_energy', 'b_energy' look like an energy: say which"):
        read(path)
    data = read(path, columns={"b_energy": {"pos": "b_forces"}})
    assert data.y[0, 0] == 2 and data.jacobian[0, 0, 0] == -4
    assert data.unused.line == "columns not used: a_energy, a_forces."
    for wrong, message in (
        ({"c": {}}, "the energy 'c', but the keys are a_energy, b_energy"),
        ({"a_energy": {"pos": "c"}}, "and the columns are species, pos, a_forces"),
        ({"a_energy": {"x": "a_forces"}}, "forces are given as {'pos': column}"),
        ({"a_energy": {}, "b_energy": {}}, "one key for the energy"),
    ):
        with pytest.raises(DataError, match=message):
            read(path, columns=wrong)


def test_isolated_atoms_and_cells_that_vary(tmp_path):
    alone = "1\nenergy=-3 config_type=IsolatedAtom\nH 0 0 0\n"
    whole = (
        HEAD.format(":forces:R:3:y:R:3", 'energy=1 Lattice="9 0 0 0 9 0 0 0 {}" pbc="{}"') + ATOMS
    )
    (tmp_path / "a.xyz").write_text(alone + whole.format(9, "F F F") + whole.format(8, "F F F"))
    data = read_extxyz(tmp_path / "a.xyz")
    assert len(data) == 2 and data.jacobian.shape == (2, 1, 6)
    assert "1 configuration of an isolated atom not used (line 1)" in data.unused.line
    assert "cell" not in data.unused.line
    (tmp_path / "a.xyz").write_text(whole.format(9, "T T T") + whole.format(8, "T T T"))
    assert "the periodic cell varies" in read_extxyz(tmp_path / "a.xyz").unused.line
    (tmp_path / "a.xyz").write_text(alone + alone)
    assert len(read_extxyz(tmp_path / "a.xyz")) == 2


def test_what_is_no_configuration_is_not_written(tmp_path):
    (tmp_path / "a.xyz").write_text(XYZ)
    data = read_extxyz(tmp_path / "a.xyz")
    fields = dict(inputs=data.inputs, outputs=data.outputs, input_units=data.input_units,
                  output_units=data.output_units)  # fmt: skip
    gap = data.jacobian.copy()
    gap[0, 0, 1] = np.nan
    for wrong in (
        everything(0),
        Dataset(data.x, data.y, **(fields | {"output_units": ("kJ",)})),
        Dataset(data.x, data.y, noise={"y": 0.1}, **fields),
        Dataset(data.x, data.y, gap, **fields),
        Dataset(data.x, data.y, group=["train"], **fields),
        Dataset(
            data.x, data.y, **(fields | {"inputs": (*data.inputs[:3], "H3.x", "H2.y", "H2.z")})
        ),
    ):
        with pytest.raises(DataError, match=r"write .npz or .h5 instead"):
            write(tmp_path / "b.xyz", wrong)
    assert not (tmp_path / "b.xyz").exists()


@settings(derandomize=True, deadline=None, max_examples=200)
@given(text=st.text(alphabet='12\n H.O0-e=:"Propetisc', max_size=80))
def test_arbitrary_text_is_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.xyz"
    path.write_text(text)
    try:
        read_extxyz(path)
    except DataError as error:
        assert "any.xyz" in str(error)
