"""How far the work is, on stderr: a moving bar on a terminal, else a plain line now and then."""

import os
import sys
import time

from sobolev.work.progress import Progress


class Display:
    """A context; `show` it how far the work is whenever something is done.

    Elsewhere than on a terminal a line is printed at each new tenth of the work, at most one each
    `pause` seconds, and without any control character.
    """

    def __init__(self, what: str, pause: float = 1.0):
        self.what = what
        self._pause = pause
        self._tenth, self._last = 0, time.monotonic()
        self._begun: tuple[float, int] | None = None  # when the first of this stage was shown
        self._bar = self._task = None

    def __enter__(self) -> "Display":
        if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
            self._bar = _bar()
            self._bar.start()
            self._task = self._bar.add_task(self.what, total=None, text="")
        return self

    def __exit__(self, *_) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, progress: Progress) -> None:
        """Say how far the work is; work of several stages says which by `progress.what`."""
        self.what, done, total = progress.what, progress.done, progress.total
        text = progress.text
        if self._bar is not None and self._task is not None:
            self._bar.update(
                self._task, description=self.what, completed=done, total=total, text=text
            )
            return
        tenth, now = 10 * done // max(total, 1), time.monotonic()
        if self._begun is None or tenth < self._tenth:  # another stage of the work has begun
            self._tenth, self._begun = 0, (now, done)
        if tenth > self._tenth and now - self._last >= self._pause:
            self._tenth, self._last = tenth, now
            since, first = self._begun
            left = (now - since) / max(done - first, 1) * (total - done)
            told = f", {_duration(left)} left" if done > first and left >= 2 else ""
            line = f"{self.what} {done} of {total}{told} {text}"
            print(line.rstrip(), file=sys.stderr, flush=True)


def _duration(seconds: float) -> str:
    """About how long: 40 s, 3 min, 2.5 h."""
    if seconds < 90:
        return f"about {seconds:.0f} s"
    return f"about {seconds / 60:.0f} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"


def _bar():
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.table import Column

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[text]}", markup=False, table_column=Column(ratio=1, no_wrap=True)),
        console=Console(stderr=True),
        expand=True,  # the text takes what the others leave, and is cut where the line ends
        transient=True,
    )
