"""Runs one command of a student's behind walls, and waits for its end. What it may do is decided here, built by inside.py.

Walls, best first, found out once: `namespaces` (no network, its own processes, a root of read-only mounts: nothing of the
machine can be seen or written but what is given), else limits alone (`limits`), as another user where the grader is root.
Which of them stood is on the result page: without namespaces a submission can read what its user can read."""

import json
import os
import re
import selectors
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from . import libtorch

PROCESSES = 64
FILE_MB = 512
DISK_MB = 1024
DISK_FILES = 4000
OUTPUT_KILL = 64 << 20
WIDE_UID, FIRST_UID = 2_000_000_000, 61000  # where the grader is root, a command runs as a user that none else runs as
TICK = 0.05
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d",
          "/etc/alternatives", "/etc/passwd", "/etc/group", "/etc/hosts", "/etc/nsswitch.conf", "/etc/localtime", "/etc/fonts",
          "/etc/ssl/openssl.cnf", "/etc/python3", "/opt")
PATH = "/usr/local/bin:/usr/bin:/bin"
TRACEBACK, LAST_WORDS = "Traceback (most recent call last):\n", 600
_walls = None


def _uid():
    if os.geteuid() != 0:
        return 0
    with open("/proc/self/uid_map", encoding="ascii") as file:  # within a container there may be few numbers
        first, _, count = (int(word) for word in file.readline().split())
    return WIDE_UID + os.getpid() if first + count > WIDE_UID + (1 << 23) else FIRST_UID + os.getpid() % 4000


def walls(context):
    """("namespaces" | "limits", why not namespaces)."""
    global _walls
    if _walls is None:
        asked = os.environ.get("RETORT_COURSE_WALLS", "")
        if asked == "limits":
            _walls = ("limits", "RETORT_COURSE_WALLS=limits asks for it")
            return _walls
        _walls = ("namespaces", "")
        home, files, scratch = new_home()
        try:
            run(["true"], home, files, scratch, context, seconds=20, memory_mb=2000)
        except Unbuilt as why:
            _walls = ("limits", str(why))
        finally:
            remove_tree(home)
    return _walls


@dataclass(frozen=True)
class Ran:
    """How a command ended. out, err: what it printed, as text with U+FFFD for what is no UTF-8, cut at a limit."""

    rc: int  # negative: ended by that signal
    out: str
    err: str
    timed_out: bool
    killed: str  # "", or why the grader ended it: "time", "memory", "output", "disk", "asked"
    seconds: float

    def why(self):
        """The end, for a student."""
        if self.killed:
            return {"time": f"it was ended after {self.seconds:.0f} s",
                    "memory": "it was ended: it took more memory than the case allows",
                    "output": "it was ended: it printed without end",
                    "disk": "it was ended: it wrote more than the case allows", "asked": "it was ended by the case"}[self.killed]
        end = f"signal {-self.rc}" if self.rc < 0 else f"exit status {self.rc}"
        tail = last_words(self.err)
        return end + (f": {tail}" if tail else "")

    def how(self):
        """The same, after a noun: "ended with exit status 1", "was ended after 20 s"."""
        return self.why().removeprefix("it ") if self.killed else "ended with " + self.why()


def last_words(err):
    """The end of what a command printed, in whole lines. Of Python's traceback: the last frame in a file that was handed in,
    and what stands below the frames."""
    _, header, trace = err.strip().rpartition(TRACEBACK)
    if header:
        own = re.findall(r'^  File "[^"]*/files/([^"]+)", (line .*)\n((?:    .*)?)', trace, re.M)[-1:]
        below = re.split(r"^  (?:File |\[).*\n(?:    .*\n)*", trace, flags=re.M)[-1].splitlines()
        lines = [line for name, where, code in own for line in (f"{name}, {where}", code) if line] + below[:1] + below[1:][-3:]
        return "\n".join(line[:200] for line in lines)
    tail = err.strip()
    if len(tail) > LAST_WORDS:
        tail = tail[-LAST_WORDS:]
        tail = tail.partition("\n")[2] or tail
    return "\n".join(tail.splitlines()[-10:])


class Unbuilt(Exception):
    """The sandbox could not be built; says why."""


def out_of_reach(context):
    """Why the repository's programs cannot be run for a submission here; "" where they can."""
    if walls(context)[0] != "limits" or not _uid():
        return ""
    for folder in [context.build, context.root / "configs", *libtorch.folders(context.build)]:
        for at in [folder, *folder.parents]:
            if not at.stat().st_mode & stat.S_IXOTH:
                return (f"without namespaces a submission runs as another user than root, who cannot enter {at}: move the "
                        "repository and its LibTorch to where all may read, or grade as a user")
    return ""


def _readable(context, files, repository, extra):
    paths = list(SYSTEM) + [str(files)]
    if repository:
        paths += [str(context.build), str(context.root / "configs"), str(context.root / "models")]
        paths += [str(folder) for folder in libtorch.folders(context.build)]
    if _own_python():
        paths.append(sys.base_prefix)
    paths += [str(path) for path in extra]
    kept = []
    for path in paths:  # a folder within one that is there already would be mounted twice; a mount point of its own is
        if path not in kept:
            kept.append(path)
    return kept


def _own_python():
    """Its folder of programs, where the system has no python3 but the grader's: [] or [folder]."""
    if shutil.which("python3", path=PATH):
        return []
    return [os.path.join(sys.base_prefix, "bin")]


def _order(argv, home, files, scratch, context, seconds, memory_mb, serve, repository, readable, env):
    namespaces = walls(context)[0] == "namespaces"
    new_root = home / "root"
    new_root.mkdir(exist_ok=True)
    uid = _uid()
    if uid:
        _give(scratch, uid)
    processes = PROCESSES if uid else PROCESSES + _processes_of(os.geteuid())
    return {"argv": argv, "namespaces": namespaces, "root": str(new_root), "scratch": str(scratch), "uid": uid,
            "read": _readable(context, files, repository, readable), "serve": serve,
            "memory_mb": int(memory_mb), "file_mb": FILE_MB, "cpu_seconds": int(seconds * 4) + 5, "processes": processes,
            "env": {"PATH": ":".join([PATH] + _own_python()), "HOME": str(scratch), "LANG": "C.UTF-8", "TMPDIR": "/tmp",
                    "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "2", **env}}


def _give(folder, uid):
    for at, folders, names in os.walk(folder):
        for name in [at] + [os.path.join(at, n) for n in folders + names]:
            os.chown(name, uid, uid, follow_symlinks=False)


def _stat(pid):
    with open(f"/proc/{pid}/stat", "rb") as file:
        fields = file.read().rsplit(b")", 1)[1].split()
    return int(fields[1]), int(fields[21]) * resource_page()  # parent, resident bytes


def resource_page():
    return os.sysconf("SC_PAGE_SIZE")


def _processes_of(uid):
    return sum(1 for name in os.listdir("/proc") if name.isdigit() and _owner(name) == uid) * 4


def _owner(pid):
    try:
        return os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return -1


def _tree(pid):
    """(pids of all that descend from pid, their resident bytes in sum)."""
    parents, sizes = {}, {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                parents[int(name)], sizes[int(name)] = _stat(name)
            except (OSError, IndexError, ValueError):
                pass
    inside, grown = {pid}, True
    while grown:
        more = {child for child, parent in parents.items() if parent in inside} - inside
        inside |= more
        grown = bool(more)
    inside.discard(pid)
    return inside, sum(sizes.get(one, 0) for one in inside)


def _over_disk(folder):
    total = files = 0
    pending = [str(folder)]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    files += 1
                    if files > DISK_FILES:
                        return True
                    try:
                        if entry.is_dir(follow_symlinks=False):
                            pending.append(entry.path)
                        else:
                            total += entry.stat(follow_symlinks=False).st_blocks * 512
                    except OSError:
                        pass
        except OSError:
            pass
    return total > DISK_MB << 20


def _end(process, uid):
    """Ends everything that the sandbox holds. In namespaces the kernel does it; else the tree is gone through until
    nothing is left of it."""
    for _ in range(50):
        pids, _ = _tree(process.pid)
        if uid:
            pids |= {int(name) for name in os.listdir("/proc") if name.isdigit() and _owner(name) == uid}
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
        if process.poll() is None and not pids:
            process.kill()
        if process.poll() is not None and not pids:
            break
        time.sleep(0.01)
    process.kill()
    process.wait()


def new_home():
    """(a new folder, its `files`, its `scratch`)."""
    home = Path(tempfile.mkdtemp(prefix="retort-grade-"))
    os.chmod(home, 0o755)
    for inner in ("files", "scratch"):
        (home / inner).mkdir()
    return home, home / "files", home / "scratch"


def run(argv, home, files, scratch, context, seconds, memory_mb, input=b"", serve=None, repository=True, readable=(), env=None,
        out_limit=4 << 20, until=None):
    """box.Box.run, which says what it does."""
    order = _order(argv, home, files, scratch, context, seconds, memory_mb, serve is not None, repository, readable, env or {})
    ours, theirs = socket.socketpair()
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", str(Path(__file__).with_name("inside.py")), str(theirs.fileno())],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=[theirs.fileno()], cwd="/",
        env={"PATH": "/usr/bin:/bin"})
    theirs.close()
    serving = False
    try:
        text = json.dumps(order).encode()
        ours.settimeout(20)
        ours.sendall(struct.pack("I", len(text)) + text)
        if serve is not None:
            listener = _listener(ours)
            serve.start(listener)
            serving = True
        word = ours.recv(1)
        if word != b"S":
            rest = ours.recv(400) if word == b"R" else process.stderr.read(2000)
            raise Unbuilt(rest.decode("utf-8", "replace") or "the sandbox did not start")
        ours.sendall(b"G")
        started = time.monotonic()
        out, err, killed, rc = _watch(process, ours, input, started + seconds, memory_mb, scratch, until)
    except (socket.timeout, BrokenPipeError, ConnectionResetError) as error:
        raise Unbuilt(f"the sandbox did not start: {error}") from None
    finally:
        _end(process, order["uid"])
        if serving:
            serve.stop()
        ours.close()
        for pipe in (process.stdin, process.stdout, process.stderr):
            try:
                pipe.close()
            except OSError:
                pass
    return Ran(rc=rc, out=out[:out_limit].decode("utf-8", "replace"), err=err[:out_limit].decode("utf-8", "replace"),
               timed_out=killed == "time", killed=killed, seconds=time.monotonic() - started)


def _listener(ours):
    import array

    data, extra, _, _ = ours.recvmsg(1, socket.CMSG_SPACE(4))
    if data != b"L" or not extra:
        rest = ours.recv(400) if data == b"R" else b""
        raise Unbuilt(rest.decode("utf-8", "replace") or "the sandbox gave no socket")
    numbers = array.array("i")
    numbers.frombytes(extra[0][2][:4])
    return socket.socket(fileno=numbers[0])


def _watch(process, ours, input, deadline, memory_mb, scratch, until):
    """Feeds and reads until the command has ended or must be."""
    outputs = {process.stdout: bytearray(), process.stderr: bytearray()}
    printed = 0
    killed, rc = "", None
    ours.setblocking(False)
    next_look = 0.0
    with selectors.DefaultSelector() as selector:
        for pipe in outputs:
            os.set_blocking(pipe.fileno(), False)
            selector.register(pipe, selectors.EVENT_READ)
        selector.register(ours, selectors.EVENT_READ)
        if input:
            os.set_blocking(process.stdin.fileno(), False)
            selector.register(process.stdin, selectors.EVENT_WRITE)
        else:
            process.stdin.close()
        at = 0
        while True:
            for key, _ in selector.select(TICK):
                if key.fileobj is ours:
                    word = ours.recv(5)
                    rc = struct.unpack("i", word[1:5])[0] if word[:1] == b"E" and len(word) == 5 else -signal.SIGKILL
                    selector.unregister(ours)
                elif key.fileobj is process.stdin:
                    try:
                        at += os.write(process.stdin.fileno(), input[at:at + 65536])
                    except BrokenPipeError:
                        at = len(input)
                    if at >= len(input):
                        selector.unregister(process.stdin)
                        process.stdin.close()
                else:
                    data = os.read(key.fileobj.fileno(), 1 << 16)
                    printed += len(data)
                    if not data:
                        selector.unregister(key.fileobj)
                    elif len(outputs[key.fileobj]) < OUTPUT_KILL:
                        outputs[key.fileobj] += data
            now = time.monotonic()
            if rc is not None:
                break
            if now > deadline:
                killed = "time"
            elif until is not None and until():
                killed = "asked"
            elif printed > OUTPUT_KILL:
                killed = "output"
            elif now >= next_look:
                next_look = now + 4 * TICK
                if _tree(process.pid)[1] > memory_mb << 20:
                    killed = "memory"
                elif _over_disk(scratch):
                    killed = "disk"
            if killed:
                rc = -signal.SIGKILL
                break
        # What was printed before the end still lies in the pipes.
        for pipe in outputs:
            while True:
                try:
                    data = os.read(pipe.fileno(), 1 << 16)
                except (BlockingIOError, OSError):
                    break
                if not data or len(outputs[pipe]) > OUTPUT_KILL:
                    break
                outputs[pipe] += data
    return bytes(outputs[process.stdout]), bytes(outputs[process.stderr]), killed, rc


def remove_tree(folder):
    """Also where a command took its own permissions away."""
    shutil.rmtree(folder, ignore_errors=True)
    if os.path.lexists(folder):
        for at, folders, _ in os.walk(folder):  # from the top: what was opened is gone into
            for name in folders:
                path = os.path.join(at, name)
                if not os.path.islink(path):
                    os.chmod(path, 0o700)
        shutil.rmtree(folder, ignore_errors=True)
