"""Each example runs, gives the numbers it states, and draws its figure."""

import importlib.util
from pathlib import Path

import matplotlib
import pytest
from matplotlib.figure import Figure

FOLDER = Path(__file__).parents[2] / "examples"
EXAMPLES = sorted(FOLDER.glob("ex*.py"))


@pytest.fixture(scope="module", params=EXAMPLES, ids=lambda path: path.stem)
def example(request):
    spec = importlib.util.spec_from_file_location(request.param.stem, request.param)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_its_numbers_are_those_it_states(example, capsys):
    found = example.main()
    assert found.keys() == example.EXPECTED.keys()
    for name, (number, tolerance) in example.EXPECTED.items():
        assert found[name] == pytest.approx(number, rel=tolerance), name
    assert capsys.readouterr().out.count("\n") >= 2  # and somebody is told


def test_it_draws_a_figure(example, tmp_path):
    before = dict(matplotlib.rcParams.copy(), backend=None)
    figure = example.figure()
    assert isinstance(figure, Figure)
    assert all(axes.has_data() and axes.get_xlabel() and axes.get_ylabel() for axes in figure.axes)
    figure.savefig(tmp_path / "figure.png", dpi=50)
    assert dict(matplotlib.rcParams, backend=None) == before


def test_there_are_examples():
    assert len(EXAMPLES) >= 2
    assert {path.name[:4] for path in EXAMPLES} >= {"ex01", "ex03"}
