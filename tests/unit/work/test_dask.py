"""Dask as an executor, as far as no cluster is needed."""

import sys

import pytest

from sobolev.errors import DataError
from sobolev.work import Dask


def test_without_dask_the_line_that_installs_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(DataError, match=r"work\.Dask needs distributed.*'sobolev\[dask"):
        Dask(2)
