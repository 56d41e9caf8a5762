import hashlib
import io
import os
import subprocess
import sys
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sobolev._base.atomic import sweep, write_atomically
from sobolev._base.checksummed import read_archive, write_archive
from sobolev.errors import CorruptFile, DataError, OutputError

ARRAYS = {"x": np.linspace(0, 1, 12).reshape(3, 4), "file": np.arange(3), "g/0": np.array(["a"])}


@pytest.fixture
def archive(tmp_path):
    return write_archive(tmp_path / "a.npz", "thing", 2, {"note": "µ"}, ARRAYS)


def _signed(body: bytes) -> bytes:
    return body + b"sobolev-sha256:" + hashlib.sha256(body).hexdigest().encode()


def _zip(members: dict, compression=zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        for name, content in members.items():
            file.writestr(name, content)
        file.comment = b"\0" * 79
    return _signed(buffer.getvalue()[:-79])


def _npy(array, **header) -> bytes:
    buffer = io.BytesIO()
    if header:
        np.lib.format.write_array_header_1_0(buffer, header)
        return buffer.getvalue() + array
    np.save(buffer, array)
    return buffer.getvalue()


def test_an_archive_returns_what_was_written(archive):
    header, arrays = read_archive(archive, "thing", 2)
    assert header["note"] == "µ"
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        assert (arrays[name] == array).all()
        assert arrays[name].flags.writeable


@pytest.mark.parametrize("array", [np.zeros((0, 3)), np.array(1.5), np.asfortranarray(ARRAYS["x"])])
def test_shapes_and_layouts_survive(tmp_path, array):
    path = write_archive(tmp_path / "a", "thing", 1, {}, {"x": array})
    back = read_archive(path, "thing", 1)[1]["x"]
    assert back.shape == array.shape
    assert (back == array).all()


def test_numpy_reads_the_archive_and_the_same_content_gives_the_same_bytes(archive, tmp_path):
    with np.load(archive) as file:
        assert (file["x"] == ARRAYS["x"]).all()
    again = write_archive(tmp_path / "b.npz", "thing", 2, {"note": "µ"}, ARRAYS)
    assert again.read_bytes() == archive.read_bytes()


def test_another_kind_and_a_newer_version_are_named(archive):
    with pytest.raises(DataError, match="holds a thing, but a model is needed"):
        read_archive(archive, "model", 2)
    with pytest.raises(DataError, match=r"version 2, this program reads up to 1: update"):
        read_archive(archive, "thing", 1)


def test_objects_are_never_written(tmp_path):
    with pytest.raises(ValueError, match=r"[Oo]bject"):
        write_archive(tmp_path / "a.npz", "thing", 1, {}, {"x": np.array([None])})
    assert list(tmp_path.iterdir()) == []


HEADER = _npy(np.frombuffer(b'{"kind": "thing", "version": 1}', np.uint8))
SHAPE = dict(descr="<f8", fortran_order=False)
HOSTILE = {
    "no zip": _signed(b"hello"),
    "empty zip": _zip({}),
    "no header": _zip({"x.npy": _npy(np.ones(2))}),
    "header no json": _zip({"__header__.npy": _npy(np.frombuffer(b"{", np.uint8))}),
    "header a list": _zip({"__header__.npy": _npy(np.frombuffer(b"[]", np.uint8))}),
    "deep header": _zip({"__header__.npy": _npy(np.frombuffer(b"[" * 99999, np.uint8))}),
    "no kind": _zip({"__header__.npy": _npy(np.frombuffer(b"{}", np.uint8))}),
    "no array": _zip({"__header__.npy": HEADER, "x.npy": b"hello"}),
    "pickle": _zip({"__header__.npy": HEADER, "x.npy": _npy(np.array([None, 1], object))}),
    "vast": _zip({"__header__.npy": HEADER, "x.npy": _npy(b"", shape=(2**62, 4), **SHAPE)}),
    "negative": _zip({"__header__.npy": HEADER, "x.npy": _npy(b"", shape=(-1, 0), **SHAPE)}),
    "short": _zip({"__header__.npy": HEADER, "x.npy": _npy(b"12345678", shape=(2,), **SHAPE)}),
    "twice": _zip({"__header__.npy": HEADER, "x.npy": _npy(np.ones(2)), "x": _npy(np.ones(2))}),
    "bomb": _zip({"__header__.npy": HEADER, "x.npy": _npy(np.zeros(10**7))}, zipfile.ZIP_DEFLATED),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_with_a_right_checksum_are_refused(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    tracemalloc.start()
    with pytest.raises(CorruptFile, match=r"a\.npz was not written by sobolev"):
        read_archive(tmp_path / "a.npz", "thing", 1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30 * len(content) + 2**20


@settings(derandomize=True, deadline=None, max_examples=300)
@given(content=st.binary(max_size=400), signed=st.booleans(), at=st.integers(0, 700))
def test_arbitrary_bytes_are_refused(tmp_path_factory, content, signed, at):
    good = _zip({"__header__.npy": HEADER, "x.npy": _npy(np.ones(2))})[:-79]
    mixed = good[:at] + content + good[at + len(content) :]  # damage where the parsers look
    path = tmp_path_factory.getbasetemp() / "fuzz.npz"
    path.write_bytes(_signed(mixed) if signed else mixed)
    try:
        header, _ = read_archive(path, "thing", 1)
        assert header["kind"] == "thing"
        assert signed
    except DataError as error:
        assert "fuzz.npz" in str(error)


def test_unreadable_paths_are_named(tmp_path):
    for path in (tmp_path / "none", tmp_path, tmp_path / "zero\0byte"):
        with pytest.raises(DataError, match=r"cannot read.*Check the path"):
            read_archive(path, "thing", 1)


def test_unwritable_paths_leave_everything_as_it_was(tmp_path):
    (tmp_path / "file").write_text("old")
    (tmp_path / "folder").mkdir()
    bad = {"file/below": "Choose a folder", "folder": "not a regular file", "a\0b": "Choose"}
    for path, message in bad.items():
        with pytest.raises(OutputError, match=f"cannot write(?s:.*){message}"):
            write_atomically(tmp_path / path, b"new")
    with pytest.raises(OutputError, match="not a regular file"):
        write_atomically(os.devnull, b"new")  # the superuser could replace it
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]
    assert (tmp_path / "file").read_text() == "old"


@pytest.mark.parametrize("call", ["open", "fsync", "replace"])
def test_a_failing_disk_is_reported_and_the_old_file_kept(tmp_path, monkeypatch, call):
    path = write_atomically(tmp_path / "a", b"old")

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OutputError, match=r"cannot write .*a: No space left on device"):
        write_atomically(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_folders_are_made_and_links_are_followed(tmp_path):
    target = write_atomically(tmp_path / "deep" / "er" / "a", b"old")
    link = tmp_path / "link"
    link.symlink_to(target)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_what_a_killed_process_left_is_swept_and_the_living_are_left_alone(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    path = write_atomically(tmp_path / "a", b"1")
    from sobolev._base.atomic import _stem

    dead, alive = (tmp_path / f"{_stem(path)}{p}-ab.tmp" for p in (ended.pid, os.getpid()))
    foreign = tmp_path / f".a.00000000-{ended.pid}-ab.tmp"  # of another machine
    for file in (dead, alive, foreign):
        file.write_bytes(b"")
    sweep(path)
    assert not dead.exists()
    assert alive.exists()
    assert foreign.exists()


def test_the_usual_permissions_apply(tmp_path):
    mask = os.umask(0o027)
    try:
        path = write_atomically(tmp_path / "a", b"")
    finally:
        os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o640
