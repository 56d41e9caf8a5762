"""HDF5: Dakota's layout as its manual and source describe it, and files too large for memory."""

import subprocess
import sys
from dataclasses import replace

import h5py
import numpy as np
import pytest
from data_sets import assert_same, everything

from sobolev import read, write
from sobolev.data import Dataset, Scaling, open_rows, read_hdf5, stack, write_parts
from sobolev.errors import ConfigError, CorruptFile, DataError

N, D, Q = 4, 3, 2
INPUTS, OUTPUTS = ["x1", "x2", "x3"], ["f", "g"]


class Dakota:
    """A file as Dakota's EvaluationStore.cpp writes it, typing error in a label included."""

    def __init__(self, path, group="models/simulation/NO_MODEL_ID"):
        self.file, self.group = h5py.File(path, "a"), group
        rng = np.random.default_rng(0)
        self.x = rng.normal(size=(N, D))
        self.values = {
            "functions": rng.normal(size=(N, Q)),
            "gradients": rng.normal(size=(N, Q, D)),
            "hessians": rng.normal(size=(N, Q, D, D)),
        }
        self.scale("evaluation_ids", np.arange(1, N + 1))
        self.scale("continuous_descriptors", INPUTS)
        self.scale("function_descriptors", OUTPUTS)
        self.scale("ids", np.array([2, 5, 7], np.uint64))
        scales = {0: "evaluation_ids", 1: "continuous_descriptors"}
        dataset = self.dataset("variables/continuous", self.x, scales)
        self.attach(dataset, "ids", 1, "ids")

    def scale(self, name, values):
        self.file[f"_scales/{self.group}/{name}"] = values

    def attach(self, dataset, name, axis, label):
        scale = self.file[f"_scales/{self.group}/{name}"]
        if not scale.is_scale:
            scale.make_scale(label)
        dataset.dims[axis].attach_scale(scale)

    def dataset(self, path, values, scales):
        dataset = self.file.create_dataset(f"{self.group}/{path}", data=values)
        for axis, name in scales.items():
            self.attach(dataset, name, axis, "resposnes" if axis else name)
        return dataset

    def responses(self, *kinds, labels="function_descriptors", columns=slice(None)):
        for kind in kinds:
            values = self.values[kind]
            values = values if kind == "functions" else values[..., columns]
            values = values[..., columns, :] if kind == "hessians" else values
            self.dataset(f"responses/{kind}", values, {0: "evaluation_ids", 1: labels})
        return self

    def properties(self, asv, dvv=None, ids=None, group="properties"):
        self.scale("default_asv", np.max(asv, axis=0).astype(np.int16))
        scales = {0: "evaluation_ids", 1: "function_descriptors"}
        active = self.dataset(f"{group}/active_set_vector", np.array(asv, np.int32), scales)
        self.attach(active, "default_asv", 1, "default_active_set_vector")
        if dvv is not None:
            name = f"{group}/derivative_variables_vector"
            vector = self.dataset(name, np.array(dvv, np.int32), {0: "evaluation_ids"})
            self.scale("dvv", np.array(ids or [2, 5, 7], np.uint64))
            self.attach(vector, "dvv", 1, "variable_ids")
        return self

    def done(self):
        path = self.file.filename
        self.file.close()
        return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "dakota_results.h5"


@pytest.mark.parametrize("group", ["models/simulation/NO_MODEL_ID", "interfaces/NO_ID/m", ""])
def test_evaluations_of_dakota(path, group):
    theirs = Dakota(path, group).responses("functions", "gradients", "hessians")
    data = read(theirs.done())
    assert data.inputs == tuple(INPUTS)
    assert data.outputs == tuple(OUTPUTS)
    assert data.x.tobytes() == theirs.x.tobytes()
    for ours, kind in zip(
        (data.y, data.jacobian, data.hessian), theirs.values.values(), strict=True
    ):
        assert ours.tobytes() == kind.tobytes()


def test_several_groups_have_to_be_named(path):
    Dakota(path, "interfaces/NO_ID/sim").responses("functions").done()
    model = Dakota(path, "models/simulation/sim").responses("functions", "gradients")
    assert read_hdf5(model.done()).jacobian is not None  # of one model and its interface, the model
    Dakota(path, "models/recast/R").responses("functions").done()
    with pytest.raises(
        DataError, match=r"models/recast/R, models/simulation/sim, interfaces.*group="
    ):
        read_hdf5(path)
    assert read_hdf5(path, "interfaces/NO_ID/sim").jacobian is None
    with pytest.raises(DataError, match="no 'models/simulation/x/variables"):
        read_hdf5(path, "models/simulation/x")


@pytest.mark.parametrize("group", ["properties", "metadata"])
def test_what_was_not_asked_for_is_absent(path, group):
    asv = [[7, 7], [1, 6], [0, 7], [3, 4]]
    dvv = [[1, 1, 1], [1, 1, 1], [0, 1, 1], [1, 1, 1]]
    theirs = Dakota(path).responses("functions", "gradients", "hessians")
    data = read(theirs.properties(asv, dvv, group=group).done())
    asked = np.array(asv)
    by = np.array(dvv, bool)[:, None, :]
    assert np.array_equal(np.isnan(data.y), (asked & 1) == 0)
    expected = ((asked & 2) != 0)[..., None] & by
    assert np.array_equal(~np.isnan(data.jacobian), expected)
    assert np.array_equal(data.jacobian[expected], theirs.values["gradients"][expected])
    expected = ((asked & 4) != 0)[..., None, None] & by[..., None] & by[..., None, :]
    assert np.array_equal(~np.isnan(data.hessian), expected)


def test_gradients_of_some_responses(path):
    theirs = Dakota(path)
    theirs.scale("gradient_descriptors", ["g"])
    theirs.values["gradients"] = theirs.values["gradients"][:, 1:]
    theirs.responses("functions").responses("gradients", labels="gradient_descriptors")
    data = read(theirs.done())
    assert np.isnan(data.jacobian[:, 0]).all()
    assert np.array_equal(data.jacobian[:, 1:], theirs.values["gradients"])


def test_gradients_of_some_responses_without_their_names(path):
    theirs = Dakota(path)
    theirs.scale("unnamed", np.arange(1))
    theirs.values["gradients"] = theirs.values["gradients"][:, 1:]
    theirs.responses("functions").responses("gradients", labels="unnamed")
    theirs.file.flush()
    with pytest.raises(DataError, match="1 of 2 responses and does not say which"):
        read_hdf5(path)
    data = read(theirs.properties([[1, 3]] * N).done())
    assert np.array_equal(data.jacobian[:, 1:], theirs.values["gradients"])


def test_gradients_by_some_variables(path):
    theirs = Dakota(path).responses("functions").responses("gradients", columns=[0, 2])
    theirs.file.flush()
    with pytest.raises(DataError, match="2 of 3 variables"):
        read_hdf5(path)
    data = read(theirs.properties([[3, 3]] * N, [[1, 1]] * (N - 1) + [[0, 1]], [2, 7]).done())
    assert np.isnan(data.jacobian[..., 1]).all()
    assert np.array_equal(data.jacobian[..., 2], theirs.values["gradients"][..., 2])
    assert np.isnan(data.jacobian[-1, :, 0]).all()
    assert not np.isnan(data.jacobian[:-1, :, 0]).any()


def test_what_we_write_is_in_the_same_places(tmp_path):
    data = everything(0)
    with h5py.File(write(tmp_path / "d.h5", data)) as file:
        assert np.array_equal(file["variables/continuous"], data.x)
        assert np.array_equal(file["responses/functions"], data.y, equal_nan=True)
        assert np.array_equal(file["responses/gradients"], data.jacobian, equal_nan=True)
        assert np.array_equal(file["responses/hessians"], data.hessian, equal_nan=True)
        assert file["variables/continuous"].dims[1]["variables"].asstr()[:].tolist() == ["a", "β 1"]
        names = file["responses/gradients"].dims[1]["responses"].asstr()[:].tolist()
        assert names == list(data.outputs)


X, Y = "variables/continuous", "responses/functions"
WRONG = {
    "no variables": ({}, "no 'variables/continuous' with 'responses'"),
    "no responses": ({X: [[1.0]]}, "there are no"),
    "rank": ({X: [1.0], Y: [[1.0]]}, "rows and variables"),
    "text": ({X: [["a"]], Y: [[1.0]]}, "not numbers"),
    "rows": ({X: [[1.0]], Y: [[1.0]] * 2}, "1 rows and 2 axes"),
    "discrete": ({X: [[1.0]], Y: [[1.0]], "variables/discrete_integer": [[1]]}, "discrete_int"),
    "group for data": ({f"{X}/deeper": [1.0], Y: [[1.0]]}, "damaged or does not hold"),
    "our header alone": ({"sobolev/header": [1]}, "checksum is gone"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "message"), WRONG.values(), ids=WRONG)
def test_wrong_files_are_refused(path, content, message):
    with h5py.File(path, "w") as file:
        for name, values in content.items():
            file[name] = values
    with pytest.raises(DataError, match=rf"dakota_results\.h5(?s:.*){message}"):
        read(path)


def test_parts_become_one_file(tmp_path):
    data = everything(0)
    parts = [data.rows([0, 1]), data.rows([2]), data.rows([3, 4])]
    path = write_parts(tmp_path / "d.h5", iter(parts))
    assert_same(read(path), data)
    bare = replace(data, noise={}, estimated={})
    wider = replace(bare, vjp=np.ones((5, 2, 2)), cotangents=np.ones((5, 2, 2)))
    for first, wrong, message in (
        (data, replace(data, inputs=("a", "c")), "has the inputs"),
        (bare, replace(bare, hvp=None), "'hvp' is there in some parts only"),
        (bare, wider, "give every part the same vectors"),
    ):
        with pytest.raises(DataError, match=message):
            write_parts(tmp_path / "e.h5", [first, wrong])
    with pytest.raises(DataError, match="nothing to write"):
        write_parts(tmp_path / "e.h5", [])
    assert [p.name for p in tmp_path.iterdir()] == ["d.h5"]


@pytest.fixture
def source(tmp_path):
    data = stack(*(everything(seed) for seed in range(5)))
    return open_rows(write(tmp_path / "d.h5", data)), data


def test_rows_are_read_in_parts(source):
    source, data = source
    assert len(source) == len(data) == 25
    assert (source.inputs, source.outputs) == (data.inputs, data.outputs)
    assert source.input_units == data.input_units
    assert source.kinds == ("y", "jacobian", "hessian", "jvp", "hvp", "vjp", "directions",
                            "cotangents", "group")  # fmt: skip
    parts = list(source.parts(rows=7))
    assert [len(part) for part in parts] == [7, 7, 7, 4]
    assert_same(stack(*parts), data)
    assert_same(source.part(2, 7), parts[2])
    for wrong in (-1, 4):
        with pytest.raises(DataError, match=f"part {wrong} of 7 rows.*parts 0 to 3"):
            source.part(wrong, 7)
    for wrong in (0, 2.5):
        with pytest.raises(ConfigError, match="rows must be a whole number"):
            list(source.parts(wrong))


@pytest.mark.parametrize("rows", [1, 7, 100])
def test_the_scaling_is_that_of_the_whole(tmp_path, rows):
    rng = np.random.default_rng(1)
    x, y = rng.normal(3, 2, (25, 2)), rng.normal(1e8, 3e-2, (25, 3))
    y[:, 1] = 10.0 ** rng.uniform(-200, 200, 25)
    y[rng.random((25, 3)) < 0.2] = np.nan
    y[:, 2] = np.nan
    y[3, 2] = 7.0  # a single value, scaled by its slopes
    jacobian = rng.normal(size=(25, 3, 2))
    for data in (
        Dataset(x, y, jacobian),
        Dataset(x, jvp=rng.normal(size=(25, 3, 1)), directions=rng.normal(size=(25, 1, 2))),
        Dataset(x * [1, 0], y, jacobian),
        Dataset(x * [1, 0], np.c_[y[:, :2], x[:, :1]]),
        Dataset(x, np.c_[np.full((25, 2), -4.0), x[:, :1]]),
    ):
        ours = open_rows(write(tmp_path / "d.h5", data)).scaling(rows)
        theirs = Scaling.of(data)
        for name in ("x_shift", "x_scale", "y_shift", "y_scale"):
            a, b = getattr(ours, name), getattr(theirs, name)
            np.testing.assert_allclose(a, b, rtol=3e-7 if name == "y_scale" else 1e-13)
            np.testing.assert_allclose(a[1:], b[1:], rtol=1e-12)
        assert ours.constant == theirs.constant


def test_a_scaling_that_does_not_exist_is_refused(tmp_path):
    x, y = np.arange(6.0).reshape(3, 2), np.ones((3, 1))
    for data, message in (
        (Dataset(x, y), "response 'y1' is constant"),
        (Dataset(x * 0, x[:, :1]), "every input is constant"),
        (Dataset(np.c_[x, x[:, :1]], np.c_[y, x[:, :1]], np.ones((3, 2, 3))), "contradict"),
        (Dataset(x[:1], x[:1, :1]), "there is one row"),
        (Dataset(x, np.nan * y, np.zeros((3, 1, 2))), "response 'y1' is constant or absent"),
    ):
        with pytest.raises(DataError, match=message):
            Scaling.of(data)
        with pytest.raises(DataError, match=message):
            open_rows(write(tmp_path / "d.h5", data)).scaling()


def test_a_file_that_changes_is_refused(source):
    source, data = source
    parts = source.parts(rows=5)
    next(parts)
    write(source.path, data.rows(range(10)))
    with pytest.raises(DataError, match="was changed after it was opened"):
        source.part(0, 5)
    with pytest.raises(DataError, match="was changed"):
        next(parts)
    content = bytearray(source.path.read_bytes())
    content[-100] ^= 1
    source.path.write_bytes(content)
    with pytest.raises(CorruptFile, match="cut off or altered"):
        open_rows(source.path)


def test_files_of_others_are_converted_first(path):
    with pytest.raises(DataError, match="not written by sobolev: convert it"):
        open_rows(Dakota(path).responses("functions").done())


MEMORY = """
import resource, sys
import numpy as np
from sobolev.data import Dataset, open_rows, write_parts
rng = np.random.default_rng(0)
def part():
    return Dataset(rng.normal(size=(20000, 10)), rng.normal(size=(20000, 2)),
                   rng.normal(size=(20000, 2, 10)))
part()
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
write_parts(sys.argv[1], (part() for _ in range(20)))
source = open_rows(sys.argv[1])
source.scaling(rows=20000)
rows = sum(len(p) for p in source.parts(rows=20000))
print(rows, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) // 1024)
"""


def test_memory_stays_bounded(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, tmp_path / "big.h5"], capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows, grown = map(int, done.stdout.split())
    size = (tmp_path / "big.h5").stat().st_size / 2**20
    assert rows == 400_000
    assert size > 95
    assert grown < 60, f"{grown} MiB more for a file of {size:.0f} MiB"
