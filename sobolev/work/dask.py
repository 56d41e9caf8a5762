"""Dask: workers on this machine, on others, and on clusters with a queue."""

import logging
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from sobolev._base.arguments import whole
from sobolev._base.errors import ConfigError, SobolevError
from sobolev._base.optional import optional
from sobolev.work.dask_team import Team
from sobolev.work.executor import Common, Died, InBursts, Result, Task, packed
from sobolev.work.process import end_if_unguarded, no_interrupts, precision_here


@dataclass(frozen=True, eq=False)
class Dask(InBursts):
    """The workers of Dask; they may come and go while the work goes on.

    **Arguments:**
    - `cluster`: a number of workers on this machine (None: one for each core), which live as long
      as the work; the address of a scheduler; or your own `distributed.Client` or cluster, such as
      a `dask_jobqueue.SLURMCluster`, which stay as they are.
    - `x64`: JAX's precision there; None: as here, if JAX is loaded.
    - `pack`: how work and what is common become bytes.
    - `timeout`: seconds that a scheduler has to answer.

    One task at a time on each worker, so start them with one thread each, and with nannies, which
    replace those that die. A worker needs the same packages as here, in the same versions. Needs
    `pip install 'sobolev[dask]'`. Raises `ConfigError`, `DataError` without Dask.

    ```python
    generate(problem, design, journal="plate.journal", executor=work.Dask("tcp://head:8786"))
    ```
    """

    cluster: Any = None
    x64: bool | None = None
    pack: Callable[[Any], bytes] = packed
    timeout: float = 10.0
    leaves_hung: ClassVar[bool] = True

    def __post_init__(self):
        end_if_unguarded()
        distributed = _distributed()
        if isinstance(self.cluster, int):
            whole("cluster, as a number of workers,", self.cluster, 1)
        elif not isinstance(self.cluster, _known(distributed)):
            raise ConfigError(
                f"cluster is {type(self.cluster).__name__}, and must be a number of workers, the "
                "address of a scheduler, a distributed.Client or a cluster of Dask."
            )
        elif isinstance(self.cluster, distributed.Client) and self.cluster.asynchronous:
            raise ConfigError("this client is asynchronous: make one with asynchronous=False.")

    def bursts(
        self,
        work: Callable[[Common, Task], Result],
        common: Common,
        tasks: deque[Task],
        patience: float | None = None,
    ) -> Generator[list[tuple[Task, Result | Died]], None, None]:
        """As `Executor.bursts`.

        Raises `ConfigError` when no scheduler answers or its workers lack a package or have another
        version, `SobolevError` when the scheduler is gone.
        """
        payload = self.pack((work, common))
        x64 = precision_here() if self.x64 is None else self.x64
        if not tasks:
            return
        config = optional("dask.config", "work.Dask", "dask")
        with _quiet(), config.set(_PATIENT), self._client() as client:
            team = Team(client, payload, x64, patience)
            try:
                while team.busy(tasks):
                    if results := team.heard(tasks):
                        yield results
            finally:
                team.leave()

    @contextmanager
    def _client(self) -> Iterator[Any]:
        """A client; what is made here is closed here."""
        distributed = _distributed()
        if isinstance(self.cluster, distributed.Client):
            yield self.cluster
        elif self.cluster is None or isinstance(self.cluster, int):
            with self._local(distributed) as cluster, self._connected(cluster) as client:
                yield client
        else:
            with self._connected(self.cluster) as client:
                yield client

    @contextmanager
    def _local(self, distributed: Any) -> Iterator[Any]:
        with no_interrupts():  # Ctrl-C is the business of this process
            try:
                cluster = distributed.LocalCluster(
                    n_workers=self.cluster,
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address=":0",
                    silence_logs=logging.CRITICAL,
                    env={"NPROC": "1"},  # the threads of XLA; Dask itself sees to those of OpenMP
                )
            except Exception as error:
                raise SobolevError(
                    f"Dask's workers did not start ({type(error).__name__}: {error}). A script "
                    "that starts processes needs `if __name__ == '__main__':` around its calls."
                ) from error
        with cluster:
            yield cluster

    @contextmanager
    def _connected(self, where: Any) -> Iterator[Any]:
        try:
            client = _distributed().Client(where, timeout=self.timeout, set_as_default=False)
        except Exception as error:
            raise ConfigError(
                f"no Dask scheduler answers at {where} ({type(error).__name__}): start one with "
                "`dask scheduler`, or look at the address."
            ) from error
        try:
            yield client
        finally:
            client.close(timeout=5)


# A cluster closes a worker that is missing so long after a death, even if it is only missing since
# a later one: with many deaths it loses all of them.
_PATIENT = {"distributed.deploy.lost-worker-timeout": "100 days"}


def _distributed() -> Any:
    return optional("distributed", "work.Dask", "dask")


def _known(distributed: Any) -> tuple[type, ...]:
    return str, type(None), distributed.Client, distributed.deploy.Cluster


@contextmanager
def _quiet() -> Iterator[None]:
    """What workers and connections do is told in sentences of our own."""
    names = [name for name in logging.root.manager.loggerDict
             if name.split(".")[0] in ("distributed", "tornado", "asyncio")]  # fmt: skip
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
