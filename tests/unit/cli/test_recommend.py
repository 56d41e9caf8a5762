"""`sobolev recommend`: three candidates on rows that none has seen."""

from cli_runs import home as home
from cli_runs import quiet as quiet
from cli_runs import refused, run


def test_it_names_the_best_of_three(home):
    result = run("recommend", home / "t.csv", "--epochs", "3")
    assert result.exit_code == 0, result.output
    first, second, third, said = result.stdout.strip().splitlines()
    assert first.startswith("network with derivatives") and second.startswith("network with values")
    assert third.startswith("gradient-enhanced kriging")
    errors = [float(line.split()[-4]) for line in (first, second, third)]
    assert errors[2] == min(errors)  # kriging has a smooth function of 16 rows, the others 3 steps
    assert said.startswith("Use the gradient-enhanced kriging (relative H1 error ")


def test_rows_that_decide_are_needed(home):
    refused(run("recommend", home / "plain.csv", "--fraction", "0"), "fraction = 0", "0.2")
