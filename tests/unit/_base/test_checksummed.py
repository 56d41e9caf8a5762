"""Damaged files of every kind that a training leaves: refused, or the same bits (R5, R6)."""

import time
from collections import Counter

import numpy as np
import pytest
from data_sets import assert_same, everything
from helpers import net
from trainings import TRAIN, stopped_at, train

from sobolev import Surrogate
from sobolev._base.checksummed import read_archive, write_archive
from sobolev.data import read, write
from sobolev.data.hdf5 import evaluations as hdf5
from sobolev.errors import CorruptFile, DataError
from sobolev.training.loop.checkpoint_file import CheckpointFile, _parts
from sobolev.training.settings.checkpoint import Checkpoint

FLIPS, DAMAGES = 2500, 250  # of each of the four kinds


class Kind:
    """Two good files of a kind, and how their content is read as something to compare."""

    def __init__(self, name, path, other, contents):
        self.path, self.contents = path, contents
        self.good, self.other = path.read_bytes(), other.read_bytes()
        self.name, self.suffix = name, path.suffix


def bits_of_surrogate(surrogate):
    header, arrays = surrogate.parts()
    return repr(header), {name: np.asarray(a).tobytes() for name, a in arrays.items()}


def bits_of_data(data):
    fields = {n: getattr(data, n) for n in ("inputs", "outputs", "input_units", "output_units")}
    arrays = {"x": data.x} | data.labels() | data.vectors()
    for field in ("noise", "estimated"):
        arrays |= {f"{field}/{kind}": a for kind, a in getattr(data, field).items()}
    group = None if data.group is None else data.group.tolist()
    return repr(fields), group, {name: a.tobytes() for name, a in arrays.items()}


def bits_of_course(course):
    header, arrays = _parts(course)
    return header, {name: a.tobytes() for name, a in arrays.items()}


@pytest.fixture(scope="module")
def kinds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    small, changed = everything(0, ("y", "jacobian")), everything(1, ("y", "jacobian"))
    found = []
    for suffix in (".npz", ".h5"):
        paths = [write(folder / f"{n}{suffix}", d) for n, d in (("d", small), ("e", changed))]
        assert_same(read(paths[0]), small)
        found.append(Kind(f"dataset {suffix}", *paths, lambda p: bits_of_data(read(p))))
    paths = [net(TRAIN, key=k).save(folder / f"m{k}.npz") for k in (0, 1)]
    found.append(Kind("surrogate", *paths, lambda p: bits_of_surrogate(Surrogate.load(p))))
    return [*found, checkpoints(folder)]


def checkpoints(folder):
    """With the digests and the shapes that the training itself reads them with."""
    seen, original = [], CheckpointFile.read

    def read_and_tell(self, shapes):
        seen.append((self._job, shapes))
        return original(self, shapes)

    CheckpointFile.read = read_and_tell
    try:
        stopped_at(3, folder / "c.npz")
        stopped_at(3, folder / "other.npz", seed=1)
    finally:
        CheckpointFile.read = original
    job, shapes = seen[0]
    return Kind(
        "checkpoint", folder / "c.npz", folder / "other.npz",
        lambda path: bits_of_course(CheckpointFile(Checkpoint(path, 0), job).read(shapes)),
    )  # fmt: skip


def outcome(kind, content, whole):
    """ "refused", "the same", or "silently wrong"; a refusal is a sentence with the path."""
    kind.path.write_bytes(content)
    began = time.process_time()
    try:
        found = kind.contents(kind.path)
    except DataError as error:
        said = str(error)
        assert kind.path.name in said and said.endswith(".") and "\n" not in said, said
        result = "refused"
    else:
        result = "the same" if found == whole else "silently wrong"
    assert time.process_time() - began < 1
    return result


def test_ten_thousand_flipped_bits(kinds):
    rng, totals = np.random.default_rng(0), Counter()
    for kind in kinds:
        kind.path.write_bytes(kind.good)
        whole, counts = kind.contents(kind.path), Counter()
        for bit in rng.integers(0, 8 * len(kind.good), FLIPS):
            content = bytearray(kind.good)
            content[bit // 8] ^= 1 << bit % 8
            counts[outcome(kind, bytes(content), whole)] += 1
        totals += counts
        print(f"{kind.name}, {len(kind.good)} bytes: {dict(counts)}")
    print(f"{totals.total()} flipped bits: {totals['silently wrong']} silently wrong")
    assert totals.total() == 10_000 and totals["silently wrong"] == 0


def test_every_bit_of_the_checksum_itself(kinds):
    """The bits that a random choice seldom meets."""
    for kind in kinds:
        kind.path.write_bytes(kind.good)
        whole = kind.contents(kind.path)
        places = range(512) if kind.suffix == ".h5" else range(-90, 0)
        for place in places:
            for bit in range(8):
                content = bytearray(kind.good)
                content[place] ^= 1 << bit
                assert outcome(kind, bytes(content), whole) != "silently wrong", (place, bit)


def cut(kind, kinds, rng):
    return kind.good[: rng.integers(len(kind.good))]


def append(kind, kinds, rng):
    return kind.good + rng.bytes(rng.integers(1, 100))


def append_zeros(kind, kinds, rng):
    return kind.good + bytes(rng.integers(1, 5000))


def zero_a_block(kind, kinds, rng):
    start = rng.integers(len(kind.good))
    size = min(rng.integers(1, 2000), len(kind.good) - start)
    return kind.good[:start] + bytes(size) + kind.good[start + size :]


def cut_and_zero(kind, kinds, rng):
    kept = rng.integers(len(kind.good))
    return kind.good[:kept] + bytes(len(kind.good) - kept)


def torn(kind, kinds, rng):
    """The beginning of one file and the end of another of the same kind."""
    differ = [i for i, (a, b) in enumerate(zip(kind.good, kind.other, strict=False)) if a != b]
    at = rng.integers(differ[0] + 1, differ[-1] + 1)
    parts = (kind.good, kind.other) if rng.random() < 0.5 else (kind.other, kind.good)
    return parts[0][:at] + parts[1][at:]


def twice(kind, kinds, rng):
    at = rng.integers(len(kind.good))
    return kind.good[:at] + kind.good[: rng.integers(1, len(kind.good))] + kind.good[at:]


def swap_bytes(kind, kinds, rng):
    i, j = sorted(rng.integers(0, len(kind.good), 2))
    size = min(8, j - i, len(kind.good) - j)
    a, b = kind.good[i : i + size], kind.good[j : j + size]
    return kind.good[:i] + b + kind.good[i + size : j] + a + kind.good[j + size :]


def another_kind(kind, kinds, rng):
    return [k.good for k in kinds if k is not kind][rng.integers(len(kinds) - 1)]


WAYS = (
    cut, append, append_zeros, zero_a_block, cut_and_zero, torn, twice, swap_bytes, another_kind,
)  # fmt: skip


def test_a_thousand_other_damages(kinds):
    rng, totals = np.random.default_rng(1), Counter()
    for kind in kinds:
        kind.path.write_bytes(kind.good)
        whole = kind.contents(kind.path)
        for number in range(DAMAGES):
            way = WAYS[number % len(WAYS)]
            content = way(kind, kinds, rng)
            assert content != kind.other
            totals[outcome(kind, content, whole)] += 1
            assert kind.path.read_bytes() == content  # left as it was
    print(f"{totals.total()} other damages: {totals['silently wrong']} silently wrong, {totals}")
    assert totals.total() == 1000 and totals["silently wrong"] == 0


def test_another_whole_file_of_the_same_kind_is_itself_or_refused(kinds):
    for kind in kinds:
        kind.path.write_bytes(kind.good)
        whole = kind.contents(kind.path)
        kind.path.write_bytes(kind.other)
        if kind.name == "checkpoint":
            with pytest.raises(DataError, match="another training"):
                kind.contents(kind.path)
        else:
            assert kind.contents(kind.path) != whole


def test_a_newer_version_is_refused_and_says_so(kinds, tmp_path, monkeypatch):
    for kind in kinds:
        path = tmp_path / kind.path.name
        if kind.suffix == ".h5":
            with monkeypatch.context() as patch:
                patch.setattr(hdf5, "VERSION", 99)
                write(path, everything(0))
        else:
            kind.path.write_bytes(kind.good)
            family = kind.name.split()[0]
            header, arrays = read_archive(kind.path, family, 99)
            header = {k: v for k, v in header.items() if k not in ("kind", "version")}
            write_archive(path, family, 99, header, arrays)
        with pytest.raises(DataError, match=r"format version 99.*update sobolev"):
            kind.contents(path)


def test_a_training_refuses_a_damaged_checkpoint_and_leaves_it(tmp_path):
    """Through `fit` itself, which does more than read."""
    path, rng = tmp_path / "c.npz", np.random.default_rng(2)
    stopped_at(3, path)
    good = path.read_bytes()
    for bit in rng.integers(0, 8 * len(good), 20):
        content = bytearray(good)
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        with pytest.raises(CorruptFile, match=r"c\.npz"):
            train(path)
        assert path.read_bytes() == bytes(content)
    path.write_bytes(good)
    assert train(path).good
