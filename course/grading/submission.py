"""From what a student handed in, a folder or an archive, to names and bytes: the only door by which files come in.

Nothing is ever unpacked onto the disk: links, devices, paths that climb out and archives that swell are passed over or
refused while they are read."""

import bz2
import gzip
import lzma
import os
import stat
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

MAX_FILE = 8 << 20
MAX_ALL = 32 << 20
MAX_ENTRIES = 5000
MAX_UNPACKED = 256 << 20
BROKEN = (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError, RuntimeError, NotImplementedError, ValueError, zlib.error,
          lzma.LZMAError)


class NotASubmission(Exception):
    """It cannot be read at all."""


def _plain(name):
    """The path as parts, or None where it is no plain relative path."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or "\0" in name or not path.parts:
        return None
    return path.as_posix()


def _from_folder(folder):
    entries = 0
    for at, folders, names in os.walk(folder, followlinks=False):
        folders.sort()
        for name in sorted(names):
            entries += 1
            if entries > MAX_ENTRIES:
                raise NotASubmission(f"more than {MAX_ENTRIES} files")
            path = os.path.join(at, name)
            relative = os.path.relpath(path, folder)
            try:
                handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError as error:
                yield relative, None, f"not read ({error.strerror})"
                continue
            with os.fdopen(handle, "rb") as file:
                if not stat.S_ISREG(os.fstat(handle).st_mode):
                    yield relative, None, "not a plain file"
                else:
                    yield relative, lambda file=file: file.read(MAX_FILE + 1), ""


def _from_zip(path):
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        if len(infos) > MAX_ENTRIES:
            raise NotASubmission(f"more than {MAX_ENTRIES} entries")
        for info in infos:
            mode = info.external_attr >> 16
            if info.is_dir():
                continue
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                yield info.filename, None, "not a plain file"
                continue

            def read(info=info):
                with archive.open(info) as file:
                    return file.read(MAX_FILE + 1)

            yield info.filename, read, ""


def _unpacked(path):
    """The tar itself in memory or a nameless file, so that all that is read from it is bounded; cut where it breaks off."""
    with open(path, "rb") as file:
        magic = file.read(6)
    opens = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}.get(magic[:2], open)
    plain = tempfile.SpooledTemporaryFile(max_size=MAX_ALL)
    try:
        with opens(path, "rb") as packed:
            while part := packed.read1(1 << 16):
                plain.write(part)
                if plain.tell() > MAX_UNPACKED:
                    plain.close()
                    raise NotASubmission(f"more than {MAX_UNPACKED >> 20} MB when unpacked")
    except BROKEN:
        pass  # tarfile sees the end
    plain.seek(0)
    return plain


def _is_tar(path):
    with _unpacked(path) as plain:
        try:
            with tarfile.open(fileobj=plain, mode="r:"):
                return True
        except tarfile.TarError:
            return False


def _from_tar(path):
    with _unpacked(path) as plain, tarfile.open(fileobj=plain, mode="r:") as archive:
        for entries, info in enumerate(archive):
            if entries > MAX_ENTRIES:
                raise NotASubmission(f"more than {MAX_ENTRIES} entries")
            if info.isdir():
                continue
            if not info.isreg():
                yield info.name, None, "not a plain file"
                continue
            yield info.name, lambda info=info: archive.extractfile(info).read(MAX_FILE + 1), ""


def read_submission(path, wanted):
    """({name: bytes}, [notes]): of a folder or an archive, the files whose names are in `wanted`. Where all lies in one
    folder within the archive, as platforms pack it, the nearest one to the top that has the name is taken."""
    path = Path(path)
    if path.is_dir():
        entries = _from_folder(path)
    elif zipfile.is_zipfile(path):
        entries = _from_zip(path)
    elif path.is_file() and _is_tar(path):
        entries = _from_tar(path)
    elif path.is_file():
        raise NotASubmission(f"{path.name}: neither a folder nor a zip or tar archive")
    else:
        raise NotASubmission(f"{path}: there is no such folder or archive")
    found, notes, total = {}, [], 0
    try:
        for name, read, problem in entries:
            plain = _plain(name)
            if plain is None:
                notes.append(f"{name!r} is passed over: its path leaves the submission")
                continue
            fits = next((w for w in wanted if plain == w or plain.endswith("/" + w)), None)
            if fits is None:
                continue
            if problem:
                notes.append(f"{plain} is passed over: {problem}")
                continue
            if fits in found and found[fits][0] <= plain.count("/"):
                notes.append(f"{plain} is passed over: {fits} is there already")
                continue
            data = read()
            total += len(data)
            if len(data) > MAX_FILE or total > MAX_ALL:
                notes.append(f"{plain} is passed over: it is larger than {MAX_FILE >> 20} MB")
                total -= len(data)
                continue
            found[fits] = (plain.count("/"), data)
    except BROKEN as error:
        notes.append(f"the archive ends early or is broken ({type(error).__name__}); what stood before is graded")
    return {name: data for name, (_, data) in found.items()}, notes

