"""Ctrl-C and SIGTERM while a checkpoint is kept: noted at once, answered when it is saved."""

import signal
import threading


class Interrupted(KeyboardInterrupt):
    """A training that was asked to stop; its message says how to resume it.

    `signal` is SIGINT or SIGTERM. A `KeyboardInterrupt`, so that notebooks and scripts stop.
    """

    def __init__(self, message: str, signal: int):
        super().__init__(message)
        self.signal = signal


class Requests:
    """A context in which SIGINT and SIGTERM are noted in `signal` instead of acting.

    Only where `active`, in the main thread, and where the signal is not ignored (as by `nohup`).
    """

    def __init__(self, active: bool):
        self.active = active and threading.current_thread() is threading.main_thread()
        self.signal = 0
        self._before: dict[int, object] = {}

    def __enter__(self) -> "Requests":
        for number in (signal.SIGINT, signal.SIGTERM) if self.active else ():
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what getsignal gave

    def _note(self, number: int, frame: object) -> None:
        del frame
        self.signal = self.signal or number
