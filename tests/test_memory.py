"""Memory of very large mails goes back to the kernel, whatever was there before."""

from __future__ import annotations

import subprocess
import sys

# mallinfo2(3): hblks, the fourth of ten, counts the blocks that came from the kernel by themselves.
PROGRAM = """
import ctypes
from gateway import memory

class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "abcdefghij"]

mallinfo = ctypes.CDLL(None).mallinfo2
mallinfo.restype = Info
assert memory.settle()
large = bytes(25 << 20)
del large
before = mallinfo().d
large, small = bytes(20 << 20), bytes(5 << 20)
print(mallinfo().d - before)
"""


def test_a_large_mail_after_another_has_a_block_of_its_own_and_a_smaller_one_has_none() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
