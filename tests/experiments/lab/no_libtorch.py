"""no_libtorch.py PROGRAM FOLDER COMPILER: writes into FOLDER what PROGRAM takes for LibTorch, where it never computes.

Every symbol is there; who calls one is told which and ended. Loading LibTorch takes 0.2 s, nearly all of it for the names of
its operators; the tests of the lab as processes load it a thousand times, and a kill at a random moment would mostly fall
into that."""

import re
import shutil
import subprocess
import sys
from pathlib import Path


def lines_of(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()


ROW = re.compile(r" *\d+: \w+ +(\w+) (\w+) +\w+ +\w+ +\d+ ([^@\s]+)")  # a symbol with a place: its size, kind and name
OURS = re.compile("2at|3c10|5torch")  # not the copies of the standard library's that LibTorch holds
BODIES = {
    "FUNC": 'void {0}() {{ puts("no_libtorch: {0} was called"); fflush(stdout); abort(); }}',
    "OBJECT": "char {0}[{1}] = {{}};",
    "TLS": "thread_local char {0}[{1}] = {{}};",
}

program, folder, compiler = sys.argv[1:]
shutil.rmtree(folder, ignore_errors=True)  # else the program would find what was written before
Path(folder).mkdir()
found = dict(line.split()[:3:2] for line in lines_of("ldd", program) if "=> /" in line)
asked = {line.split()[-1].partition("@")[0] for line in lines_of("nm", "-D", program)}  # data too, of which it holds copies
for library in re.findall(r"\(NEEDED\).*\[(lib(?:torch|c10)\S*)\]", "\n".join(lines_of("readelf", "-d", program))):
    source = ["#include <cstdio>", "#include <cstdlib>"]
    for size, kind, name in (row.groups() for row in map(ROW.match, lines_of("readelf", "-W", "--dyn-syms", found[library])) if row):
        if kind in BODIES and name in asked and OURS.search(name):
            body = f"void {name}() {{}}" if "set_num_threads" in name else BODIES[kind].format(name, int(size, 0))
            source.append(f'extern "C" {{ {body} }}')
    path = Path(folder) / f"{library}.cc"
    path.write_text("\n".join(source) + "\n", encoding="ascii")
    subprocess.run([compiler, "-shared", "-fPIC", "-w", f"-Wl,-soname,{library}", "-o", path.with_suffix(""), path], check=True)
