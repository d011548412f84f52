"""The first process of a sandbox; run as `python3 -I -S inside.py FD`. Reads its order (JSON) from the socket FD, builds
the walls, starts the command, and reports on FD how it ended. Knows nothing of the grader, and imports none of it.

Order of work: new namespaces; a root of its own, of read-only bind mounts; loopback up and a listening socket handed out,
where asked for; then, in the process that becomes the command, limits, another user, no way back (no_new_privs)."""

import array
import ctypes
import errno
import fcntl
import json
import os
import platform
import resource
import signal
import socket
import struct
import sys
import time

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 4096, 16384, 1 << 18
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 36, 38
libc = ctypes.CDLL(None, use_errno=True)


class Refused(Exception):
    """The system does not allow a wall to be built."""


def call(name, *arguments):
    if getattr(libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise Refused(f"{name}: {os.strerror(number)}")


def mount(source, target, kind, flags, data=b""):
    call("mount", os.fsencode(source), os.fsencode(target), kind, ctypes.c_ulong(flags), data)


def pivot_root(new):
    number = {"x86_64": 155, "aarch64": 41}.get(platform.machine())
    if number is None:
        raise Refused(f"pivot_root: not known on {platform.machine()}")
    if libc.syscall(ctypes.c_long(number), os.fsencode(new), os.fsencode(new)) != 0:
        raise Refused(f"pivot_root: {os.strerror(ctypes.get_errno())}")


def make_read_only(target, flags=0x8000):
    """mount_setattr, AT_RECURSIVE unless said otherwise: the same number on every architecture."""
    attributes = struct.pack("QQQQ", 1 | 2, 0, 0, 0)  # MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    if libc.syscall(ctypes.c_long(442), -100, os.fsencode(target), flags, buffer, ctypes.c_size_t(len(attributes))) != 0:
        raise Refused(f"mount_setattr: {os.strerror(ctypes.get_errno())}")


def bind(source, new, writable=False):
    """The file or folder `source` at the same place under the new root; a link is made again as a link."""
    target = new + source
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.islink(source):
        if not os.path.lexists(target):
            os.symlink(os.readlink(source), target)
        return
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    elif not os.path.exists(target):
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    mount(source, target, None, MS_BIND | MS_REC)
    if not writable:
        make_read_only(target)


def build_root(order):
    """A root that holds what the order names and nothing else."""
    new = order["root"]
    call("mount", b"none", b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None)
    mount("tmpfs", new, b"tmpfs", MS_NOSUID | MS_NODEV, b"mode=0755,size=16m")
    for folder in ("dev", "proc", "tmp", "dev/shm"):
        os.makedirs(f"{new}/{folder}", exist_ok=True)
    mount("tmpfs", f"{new}/tmp", b"tmpfs", MS_NOSUID | MS_NODEV, b"mode=1777,size=256m")
    for path in order["read"]:
        if os.path.lexists(path):
            bind(path, new)
    bind(order["scratch"], new, writable=True)
    for device in ("null", "zero", "full", "random", "urandom"):
        bind(f"/dev/{device}", new, writable=True)
    mount("tmpfs", f"{new}/dev/shm", b"tmpfs", MS_NOSUID | MS_NODEV, b"mode=1777,size=64m")
    try:
        mount("proc", f"{new}/proc", b"proc", MS_NOSUID | MS_NODEV)
    except Refused:
        pass  # within a container that masks its own; what runs here does not need it
    os.chdir(new)
    pivot_root(".")
    call("umount2", b".", MNT_DETACH)
    make_read_only("/", 0)
    os.chdir("/")


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14x", b"lo", 0x1 | 0x40)  # IFF_UP | IFF_RUNNING
        fcntl.ioctl(any_socket, 0x8914, request)  # SIOCSIFFLAGS


def listen():
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    return listener


def no_network():
    """A seccomp filter: a socket is a Unix one or is refused. For where there is no network namespace."""
    audit, sockets = {"x86_64": (0xC000003E, (41,)), "aarch64": (0xC00000B7, (198,))}.get(platform.machine(), (0, ()))
    if not sockets:
        return False
    load, equal, back = 0x20, 0x15, 0x06
    program = [(load, 0, 0, 4), (equal, 1, 0, audit), (back, 0, 0, 0x80000000), (load, 0, 0, 0)]
    program += [(equal, 0, 3, sockets[0]), (load, 0, 0, 16), (equal, 1, 0, 1), (back, 0, 0, 0x50000 | errno.EACCES)]
    program += [(back, 0, 0, 0x7FFF0000)]
    code = b"".join(struct.pack("HBBI", *line) for line in program)
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("HxxxxxxQ", len(program), ctypes.addressof(buffer))
    return libc.prctl(PR_SET_SECCOMP, 2, ctypes.create_string_buffer(header, len(header)), 0, 0) == 0


def limits(order):
    megabyte = 1 << 20
    memory = order["memory_mb"] * megabyte
    for what, value in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, order["file_mb"] * megabyte),
                        (resource.RLIMIT_NOFILE, 256), (resource.RLIMIT_CPU, order["cpu_seconds"]),
                        (resource.RLIMIT_DATA, memory + 256 * megabyte), (resource.RLIMIT_AS, memory + (6 << 30)),
                        (resource.RLIMIT_NPROC, order["processes"])):
        _, hard = resource.getrlimit(what)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (value, value))


def become_command(order):
    os.setsid()
    limits(order)
    if order["uid"]:
        os.setgroups([])
        os.setresgid(order["uid"], order["uid"], order["uid"])
        os.setresuid(order["uid"], order["uid"], order["uid"])
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if not order["namespaces"] and not order["serve"]:
        no_network()
    os.umask(0o022)
    os.chdir(order["scratch"])
    for number in range(1, signal.NSIG):
        try:
            signal.signal(number, signal.SIG_DFL)
        except (OSError, ValueError):
            pass
    os.closerange(3, 4096)
    program, problem = order["argv"][0], "No such file or directory"
    folders = [""] if "/" in program else [folder + "/" for folder in order["env"]["PATH"].split(":")]
    for folder in folders:  # not os.execvpe: it imports, and the library may lie where the other user cannot go
        try:
            os.execve(folder + program, order["argv"], order["env"])
        except OSError as error:
            if error.errno != errno.ENOENT:
                problem = error.strerror
    os.write(2, f"{program}: {problem}\n".encode())
    os._exit(127)


def serve_and_wait(order, control):
    """In the process that is the parent of the command: starts it, waits for it alone, reaps whatever else ends."""
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    if order["serve"]:
        if order["namespaces"]:
            loopback_up()
        listener = listen()
        port = listener.getsockname()[1]
        order["argv"] = [word.replace("{port}", str(port)) for word in order["argv"]]
        control.sendmsg([b"L"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [listener.fileno()]))])
        listener.close()
    control.sendall(b"S")
    if control.recv(1) != b"G":  # the grader's server is ready
        os._exit(1)
    pid = os.fork()
    if pid == 0:
        become_command(order)
    while True:
        ended, status = os.wait()
        if ended == pid:
            break
    control.sendall(b"E" + struct.pack("i", os.waitstatus_to_exitcode(status)))
    while not order["namespaces"]:  # where the kernel does not end what is left, the grader does; here it is reaped
        try:
            os.wait()
        except ChildProcessError:
            time.sleep(0.005)
    os._exit(0)


def main():
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    size = struct.unpack("I", control.recv(4, socket.MSG_WAITALL))[0]
    order = json.loads(control.recv(size, socket.MSG_WAITALL))
    try:
        if not order["namespaces"]:
            libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
            serve_and_wait(order, control)
        user, group = os.getuid(), os.getgid()
        flags = NEWNS | NEWUTS | NEWIPC | NEWPID | NEWNET
        call("unshare", flags if user == 0 else flags | NEWUSER)
        if user != 0:
            for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
                with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                    file.write(text)
        first = os.fork()
        if first == 0:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            try:
                build_root(order)
                serve_and_wait(order, control)
            except (Refused, OSError) as error:
                control.sendall(b"R" + str(error).encode())
            os._exit(1)
        os.waitpid(first, 0)
        os._exit(0)
    except (Refused, OSError) as error:
        control.sendall(b"R" + str(error).encode())
        os._exit(1)


if __name__ == "__main__":
    main()
