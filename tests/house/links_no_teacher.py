"""Proves that `train` links no code of the teacher: no symbol that the teacher's library defines stands in the program.

    links_no_teacher.py <nm> <teacher library> <program without a teacher> <program with one>
"""

import subprocess
import sys


def defined(nm, file):
    """Functions and data that `file` defines; not the weak ones, which headers shared with others leave behind."""
    lines = subprocess.run([nm, "--defined-only", file], capture_output=True, text=True, check=True).stdout.splitlines()
    return {line.split()[-1] for line in lines if len(line.split()) == 3 and line.split()[1] in "TDBR"}


def main():
    nm, library, without, with_teacher = sys.argv[1:]
    teacher = defined(nm, library)
    if not teacher & defined(nm, with_teacher):
        sys.exit(f"{with_teacher} has no symbol of {library}: this test can see nothing")
    linked = sorted(teacher & defined(nm, without))
    if linked:
        sys.exit(f"{without} links the teacher: " + ", ".join(linked[:5]))


main()
