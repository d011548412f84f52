"""What a check sees of a submission: its files, and a sandbox to run things in.

Every case has a box of its own, filled again from the bytes that were handed in, so that no case can spoil another. What
several cases need (a program that takes seconds to compile) is made once by `once`."""

import json
import os
import shutil
import stat
from pathlib import Path

from .assignment import Failed
from . import sandbox


class Box:
    """files: folder with the submission's files (plain files, read them with `bytes_of`, `text_of`, `json_of`).
    scratch: folder that programs may write in; their working folder. What lies there is hostile: read it with `left`."""

    def __init__(self, context, submission, case, kept, wall, notes=None):
        self.context = context
        self._notes = [] if notes is None else notes
        self._submission, self._case, self._kept, self._wall = submission, case, kept, wall
        self.home, self.files, self.scratch = sandbox.new_home()
        for name, data in submission.items():
            path = self.files / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def close(self):
        sandbox.remove_tree(self.home)

    # --- what was handed in

    def has(self, name):
        return name in self._submission

    def bytes_of(self, name):
        def missing():
            raise Failed(f"{name} is missing", hint="")

        return self._submission[name] if self.has(name) else self.once(f"missing: {name}", missing)

    def text_of(self, name):
        try:
            return self.bytes_of(name).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Failed(f"{name}: byte {error.start} is no UTF-8") from None

    def json_of(self, name):
        return parse_json(self.text_of(name), name)

    # --- running

    def run(self, argv, seconds=None, memory_mb=None, input=None, serve=None, repository=True, readable=(), env=None,
            out_limit=4 << 20, until=None):
        """Runs a command in the sandbox, in `scratch`, and waits for its end. It sees the system's programs, `files`, of
        the repository build/, configs/ and models/ (unless `repository` is False: where these hold the answer), and what
        stands in `readable`; it may write into `scratch` and a /tmp of its own. `input`: str or bytes on stdin. `serve`:
        an object whose `start(listening socket)` is called before the command begins and `stop()` after it; "{port}" in
        argv is its port on 127.0.0.1, and the one thing that the command reaches. `until`: asked every twentieth of a
        second; at its True the command is ended as by a power cut (killed = "asked"). Never raises for what the command
        does."""
        argv = [str(word) for word in argv]
        seconds = self._case.seconds if seconds is None else seconds
        return sandbox.run(
            argv, home=self.home, files=self.files, scratch=self.scratch, context=self.context,
            seconds=min(seconds, self._wall()), memory_mb=memory_mb or self._case.memory_mb,
            input=input.encode() if isinstance(input, str) else input or b"", serve=serve, repository=repository,
            readable=readable, env=env, out_limit=out_limit, until=until)

    def left(self, name, limit=16 << 20):
        """The bytes of a file in `scratch` that a command has left there. Follows no link, waits for nothing."""
        try:
            with self._open(name, os.O_RDONLY) as file:
                data = file.read(limit + 1)
        except OSError as error:
            raise Failed(f"{name}: {error.strerror}") from None
        if len(data) > limit:
            raise Failed(f"{name} is larger than {limit >> 20} MB")
        return data

    def left_text(self, name, limit=16 << 20):
        try:
            return self.left(name, limit).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Failed(f"{name}: byte {error.start} is no UTF-8") from None

    def left_json(self, name, limit=16 << 20):
        return parse_json(self.left_text(name, limit), name)

    def put(self, name, data):
        """Writes an input for a command into `scratch`, in the place of whatever is there; Failed where a command has made
        that impossible. Returns its path."""
        try:
            with self._open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, fresh=True) as file:
                file.write(data.encode() if isinstance(data, str) else data)
        except OSError as error:
            raise Failed(f"{name}: {error.strerror}: what has your program left there?") from None
        return self.scratch / name

    def append(self, name, data):
        """Adds to what a command has left, as a crash in the middle of its writing would."""
        try:
            with self._open(name, os.O_WRONLY | os.O_APPEND) as file:
                file.write(data)
        except OSError as error:
            raise Failed(f"{name}: {error.strerror}") from None

    def _open(self, name, flags, fresh=False):
        """A plain file in `scratch`, through no link: a command may have put one wherever the grader reads or writes."""
        *parents, last = Path(name).parts
        folder = os.open(self.scratch, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for part in parents:
                if fresh:
                    try:
                        os.mkdir(part, 0o755, dir_fd=folder)
                    except FileExistsError:
                        pass
                inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
                os.close(folder)
                folder = inner
            if fresh:
                try:
                    os.unlink(last, dir_fd=folder)
                except FileNotFoundError:
                    pass
            handle = os.open(last, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o644, dir_fd=folder)
        finally:
            os.close(folder)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise Failed(f"{name} is not a plain file")
        mode = {os.O_RDONLY: "rb", os.O_WRONLY: "wb"}[flags & os.O_ACCMODE]
        return os.fdopen(handle, "ab" if flags & os.O_APPEND else mode)

    def once(self, name, make):
        """make() of the first case that asks; its value, or its Failed, for those after it. It is the same Failed, so that
        its words are shown once."""
        if name not in self._kept:
            try:
                self._kept[name] = (make(), None)
            except Failed as failed:
                self._kept[name] = (None, failed)
        value, failed = self._kept[name]
        if failed:
            raise failed.with_traceback(None)
        return value


    def note(self, text):
        """What a student should know although it costs nothing."""
        if text not in self._notes:
            self._notes.append(text)


def parse_json(text, name="JSON"):
    """JSON from outside. NaN and Infinity, which Python would take, are refused."""

    def refuse(word):
        raise ValueError(f"{word} is no JSON")

    try:
        return json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise Failed(f"{name}: {str(error)[:200]}") from None


def copy_tree(source, target):
    shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
