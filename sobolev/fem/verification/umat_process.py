"""Calls a compiled UMAT, in a process of its own: what it breaks, it breaks here.

A program for an interpreter without packages: `python umat_process.py LIBRARY SYMBOL NPROPS NSTATV
NAME`. It reads requests from standard input and writes answers to what was standard output; what
the routine prints goes to standard error. Every number lies between guards of NaN: who reads beyond
an array computes with them, who writes beyond it is found.
"""

import ctypes
import os
import struct
import sys

GUARD = 64  # numbers before and after each array
GUARDED = 0x7FF8_0BAD_0BAD_0BAD  # a NaN that nobody computes by chance
# Arrays of the call, by name and length; s and p stand for NSTATV and NPROPS.
ARRAYS = (
    ("STRESS", 6), ("STATEV", "s"), ("DDSDDE", 36), ("SSE", 1), ("SPD", 1), ("SCD", 1), ("RPL", 1),
    ("DDSDDT", 6), ("DRPLDE", 6), ("DRPLDT", 1), ("STRAN", 6), ("DSTRAN", 6), ("TIME", 2),
    ("DTIME", 1), ("TEMP", 1), ("DTEMP", 1), ("PREDEF", 1), ("DPRED", 1), ("PROPS", "p"),
    ("COORDS", 3), ("DROT", 9), ("PNEWDT", 1), ("CELENT", 1), ("DFGRD0", 9), ("DFGRD1", 9),
)  # fmt: skip
WHOLE = (
    ("NDI", 3), ("NSHR", 3), ("NTENS", 6), ("NSTATV", None), ("NPROPS", None), ("NOEL", 1),
    ("NPT", 1), ("LAYER", 1), ("KSPT", 1), ("KSTEP", 1), ("KINC", 1),
)  # fmt: skip
ORDER = (
    "STRESS STATEV DDSDDE SSE SPD SCD RPL DDSDDT DRPLDE DRPLDT STRAN DSTRAN TIME DTIME TEMP DTEMP "
    "PREDEF DPRED CMNAME NDI NSHR NTENS NSTATV PROPS NPROPS COORDS DROT PNEWDT CELENT DFGRD0 "
    "DFGRD1 NOEL NPT LAYER KSPT KSTEP KINC"
).split()
ASKED = ("STRESS", "STATEV", "STRAN", "DSTRAN", "TIME", "DTIME", "DROT", "DFGRD0", "DFGRD1")
SAID = ("STRESS", "STATEV", "DDSDDE", "PNEWDT")
# What the caller of a routine still needs, as it was
KEPT = ("PROPS", "STRAN", "DSTRAN", "TIME", "DTIME", "DROT", "DFGRD0", "DFGRD1")


def lengths(nprops: int, nstatv: int) -> dict[str, int]:
    """How many numbers each array has; an array of none has one that is a guard."""
    known = {"s": nstatv, "p": nprops}
    return {name: known.get(n, n) for name, n in ARRAYS}  # type: ignore[misc]


class Call:
    """The 37 arguments in one piece of memory with guards, and the call."""

    def __init__(self, routine, nprops, nstatv, name):
        self.routine, self.length = routine, lengths(nprops, nstatv)
        self.place, total = {}, GUARD
        for each, n in self.length.items():
            self.place[each], total = total, total + n + GUARD
        self.memory = (ctypes.c_double * total)()
        self.bits = (ctypes.c_uint64 * total).from_buffer(self.memory)
        self.bits[:] = [GUARDED] * total
        self.name = ctypes.create_string_buffer(name.encode()[:80].ljust(80), 80)
        given = {"NSTATV": nstatv, "NPROPS": nprops}
        # integers of 4 bytes and of 8 (-fdefault-integer-8) read the same from these
        self.numbers = {w: [given[w] if n is None else n, 0, 0, 0] for w, n in WHOLE}
        self.numbers["KSTEP"][0] = 1 + (1 << 32)  # or JSTEP(4): 1, 1, 0, 0 of 4 bytes
        self.whole = {w: (ctypes.c_int64 * 4)(*numbers) for w, numbers in self.numbers.items()}
        pointers = [self._pointer(each) for each in ORDER]
        self.arguments = [*pointers, ctypes.c_size_t(80)]  # the length of CMNAME, hidden

    def _pointer(self, name):
        if name == "CMNAME":
            return ctypes.cast(self.name, ctypes.c_void_p)
        if name in self.whole:
            return ctypes.cast(self.whole[name], ctypes.c_void_p)
        return ctypes.c_void_p(ctypes.addressof(self.memory) + 8 * self.place[name])

    def set(self, name, values):
        """Fill an array."""
        start = self.place[name]
        self.memory[start : start + self.length[name]] = values

    def get(self, name):
        """What an array holds."""
        start = self.place[name]
        return self.memory[start : start + self.length[name]]

    def ask(self, given, props):
        """What the routine says to a request, and what it broke."""
        for name, n in self.length.items():
            self.set(name, [0.0] * n)
        self.set("PNEWDT", [1.0])
        self.set("CELENT", [1.0])
        self.set("TEMP", [293.15])
        self.set("PROPS", props)
        place = 0
        for name in ASKED:
            n = self.length[name]
            self.set(name, given[place : place + n])
            place += n
        kept = {name: self.get(name) for name in KEPT}
        self.routine(*self.arguments)
        said = [x for name in SAID for x in self.get(name)]
        return [*said, float(self.broken(kept))]

    def broken(self, kept):
        """0; or 1 + the place of the array beyond which it wrote; or -1 - the place of the input
        that it changed, among those kept and then the integers, which are put right again.
        """
        for k, (name, n) in enumerate(self.length.items()):
            before = self.place[name] - GUARD
            after = self.place[name] + n
            for start in (before, after):
                if self.bits[start : start + GUARD] != FREE:
                    self.bits[:] = [GUARDED] * len(self.bits)
                    return 1 + k
        for k, (name, numbers) in enumerate(kept.items()):
            if self.get(name) != numbers:
                return -1 - k
        for k, (name, numbers) in enumerate(self.numbers.items()):
            if self.whole[name][:] != numbers:
                self.whole[name][:] = numbers
                return -1 - len(KEPT) - k
        return 0


FREE = [GUARDED] * GUARD


def main():
    """Answer until nobody asks any more."""
    library, symbol, nprops, nstatv, name = sys.argv[1:]
    nprops, nstatv = int(nprops), int(nstatv)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        routine = getattr(ctypes.CDLL(library), symbol)
    except (OSError, AttributeError) as error:
        text = str(error).encode()
        out.write(struct.pack("=q", -len(text)) + text)
        out.flush()
        return
    routine.restype = None
    call = Call(routine, nprops, nstatv, name)
    asked = sum(call.length[each] for each in ASKED)
    out.write(struct.pack("=q", 0))
    out.flush()
    read = sys.stdin.buffer.read
    props = list(struct.unpack(f"={nprops}d", read(8 * nprops)))
    while header := read(8):
        (count,) = struct.unpack("=q", header)
        for _ in range(count):
            said = call.ask(struct.unpack(f"={asked}d", read(8 * asked)), props)
            out.write(struct.pack(f"={len(said)}d", *said))
        out.flush()


if __name__ == "__main__":
    main()
