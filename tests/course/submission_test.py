"""What comes in: folders and archives, honest and hostile, as names and bytes and never as files on the disk."""

import gzip
import io
import os
import tarfile
import tempfile
import unittest
import zipfile
from pathlib import Path

import toy  # noqa: F401  (course/ onto the path)
from grading.submission import MAX_FILE, NotASubmission, read_submission

WANTED = ["answers.json", "known_tokens.cc"]


class Submissions(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()) if hasattr(self, "enterContext") else tempfile.mkdtemp())

    def tar(self, *entries):
        """Entries: (TarInfo or name, bytes)."""
        path = self.folder / "s.tar.gz"
        with tarfile.open(path, "w:gz") as archive:
            for info, data in entries:
                if isinstance(info, str):
                    info = tarfile.TarInfo(info)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        return path

    def test_a_folder_and_a_folder_within(self):
        (self.folder / "answers.json").write_bytes(b"{}")
        (self.folder / "src").mkdir()
        (self.folder / "src/known_tokens.cc").write_bytes(b"int x;")
        (self.folder / "notes").write_bytes(b"none of it")
        files, notes = read_submission(self.folder, WANTED)
        self.assertEqual(files, {"answers.json": b"{}", "known_tokens.cc": b"int x;"})
        self.assertEqual(notes, [])

    def test_the_file_nearest_to_the_top_is_meant(self):
        for name in ("a/b/answers.json", "answers.json", "c/answers.json"):
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(name.encode())
        files, _ = read_submission(self.folder, WANTED)
        self.assertEqual(files["answers.json"], b"answers.json")

    def test_links_pipes_and_what_lies_elsewhere_are_passed_over(self):
        os.symlink("/etc/passwd", self.folder / "answers.json")
        os.mkfifo(self.folder / "known_tokens.cc")
        os.symlink("/etc", self.folder / "etc")
        files, notes = read_submission(self.folder, WANTED + ["passwd"])
        self.assertEqual(files, {})
        self.assertEqual(len(notes), 2, notes)

    def test_archives_that_climb_out(self):
        link = tarfile.TarInfo("answers.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        hard = tarfile.TarInfo("x/known_tokens.cc")
        hard.type, hard.linkname = tarfile.LNKTYPE, "/etc/passwd"
        files, notes = read_submission(self.tar(("../answers.json", b"1"), ("/tmp/answers.json", b"2"), (link, b""), (hard, b"")), WANTED)
        self.assertEqual(files, {})
        self.assertEqual(len(notes), 4, notes)
        self.assertFalse((self.folder.parent / "answers.json").exists())

    def test_a_zip_with_a_link_and_one_that_climbs(self):
        path = self.folder / "s.zip"
        with zipfile.ZipFile(path, "w") as archive:
            link = zipfile.ZipInfo("answers.json")
            link.external_attr = (0o120777 << 16)
            archive.writestr(link, "/etc/passwd")
            archive.writestr("../../known_tokens.cc", "1")
            archive.writestr("work/known_tokens.cc", "2")
        files, notes = read_submission(path, WANTED)
        self.assertEqual(files, {"known_tokens.cc": b"2"})
        self.assertEqual(len(notes), 2, notes)

    def test_what_swells_is_refused_before_it_is_whole(self):
        path = self.folder / "bomb.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("answers.json", b"0" * (MAX_FILE + 5))
            archive.writestr("known_tokens.cc", "small")
        files, notes = read_submission(path, WANTED)
        self.assertEqual(files, {"known_tokens.cc": b"small"})
        self.assertIn("larger", notes[0])
        with self.assertRaises(NotASubmission):
            read_submission(self.tar(*[(f"f{i}", b"") for i in range(6000)]), WANTED)

    def test_a_tar_that_swells_is_refused_in_its_stream(self):
        path = self.folder / "bomb.tar.gz"
        with gzip.open(path, "wb", compresslevel=1) as file:
            info = tarfile.TarInfo("unwanted")
            info.size = 400 << 20
            file.write(info.tobuf())
            for _ in range(300):
                file.write(bytes(1 << 20))
        with self.assertRaises(NotASubmission):
            read_submission(path, WANTED)
        with gzip.open(path, "wb") as file:  # a header that claims gigabytes
            info = tarfile.TarInfo("pax")
            info.type, info.size = tarfile.XHDTYPE, 4 << 30
            file.write(info.tobuf() + bytes(2048))
        with self.assertRaises(NotASubmission):
            read_submission(path, WANTED)

    def test_a_cut_archive_gives_what_stood_before(self):
        path = self.tar(("answers.json", b"{}"), ("known_tokens.cc", os.urandom(100000)))
        path.write_bytes(path.read_bytes()[:60000])
        files, notes = read_submission(path, WANTED)
        self.assertEqual(files, {"answers.json": b"{}"})
        self.assertEqual(len(notes), 1, notes)

    def test_what_is_no_submission_is_said(self):
        (self.folder / "x.txt").write_text("text")
        for path in (self.folder / "x.txt", self.folder / "none"):
            with self.assertRaises(NotASubmission):
                read_submission(path, WANTED)


if __name__ == "__main__":
    unittest.main()
