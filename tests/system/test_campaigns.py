"""Campaigns on a cluster: workers that fail, and the job scripts of the recipe."""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FAULTS = Path(__file__).parent / "faults"
PAGE = (ROOT / "docs" / "campaigns.md").read_text()


def test_workers_that_fail_lose_no_row():
    """The long form is `python tests/system/faults/kill_workers.py --faults 200`."""
    done = subprocess.run(
        [sys.executable, str(FAULTS / "kill_workers.py"), "--faults", "8"],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("8 faults, 1 kill, 1 stop, 1 exit")


def recipe(kind):
    """The cluster of the page, up to where its jobs are asked for."""
    block = next(each for each in re.findall(r"```python\n(.*?)```", PAGE, re.S) if kind in each)
    names: dict = {}
    exec(textwrap.dedent(block).split("cluster.scale")[0], names)
    return names["cluster"]


@pytest.mark.parametrize(
    "kind, head",
    [
        ("SLURMCluster", ["#SBATCH -J dask-worker", "#SBATCH -p long", "#SBATCH -A solids",
                          "#SBATCH -n 1", "#SBATCH --cpus-per-task=4", "#SBATCH --mem=15G",
                          "#SBATCH -t 04:00:00"]),
        ("PBSCluster", ["#PBS -N dask-worker", "#PBS -q long", "#PBS -A solids",
                        "#PBS -l select=1:ncpus=4:mem=15GB", "#PBS -l walltime=04:00:00"]),
    ],
)  # fmt: skip
def test_the_recipe_renders_a_job_script(kind, head):
    """Neither sbatch nor qsub is needed for that."""
    with recipe(kind) as cluster:
        script = cluster.job_script()
    script = script.replace(sys.executable, "PYTHON")
    script = re.sub(r"tcp://[\d.]+:\d+", "tcp://ADDRESS", script)
    lines = [line.strip() for line in script.splitlines() if line.strip()]
    assert lines[0].startswith("#!/") and lines[1 : 1 + len(head)] == head
    assert lines[1 + len(head) : -1] == [
        "export OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 NPROC=1"
    ]
    expected = (
        r"PYTHON -m distributed\.cli\.dask_worker tcp://ADDRESS --name dummy-name --nthreads 1 "
        r"--memory-limit [\d.]+GiB --nworkers 4 --nanny --death-timeout 60 --lifetime 3h50m "
        r"--lifetime-stagger 5m"
    )
    assert re.fullmatch(expected, lines[-1]), script
