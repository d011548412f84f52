"""The walls: what a command of a student's sees, may write, and may use up; with namespaces and with limits alone."""

import os
import socket
import tempfile
import threading
import time
import unittest
from pathlib import Path

import toy
from grading import Case, Context
from grading.box import Box


class Echo:
    """A server that says one word to whoever comes."""

    def start(self, listener):
        self.listener = listener
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"hello")

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Walls:
    """Of both kinds."""

    kind = ""

    def setUp(self):
        toy.use_walls(self.kind)
        self.how = toy.sandbox.walls(toy.context())[0]
        self.box = Box(toy.context(), {"hello.txt": b"hello"}, Case("a case", 1, None, seconds=20, memory_mb=150), {},
                       lambda: 20)

    def tearDown(self):
        self.box.close()
        self.assertFalse(self.box.home.exists())

    def python(self, code, **options):
        return self.box.run(["python3", "-c", code], **options)

    def test_a_command_reads_its_files_and_leaves_its_work(self):
        ran = self.box.run(["sh", "-c", f"cat {self.box.files}/hello.txt; cat; echo word >&2; echo left > out; exit 3"],
                           input="given")
        self.assertEqual((ran.rc, ran.out, ran.err), (3, "hellogiven", "word\n"))
        self.assertEqual(self.box.left_text("out"), "left\n")

    def test_how_it_ended_is_told(self):
        self.assertEqual(self.box.run(["no-such-program"]).rc, 127)
        ran = self.python("import os; os.kill(os.getpid(), 11)")
        self.assertEqual((ran.rc, ran.killed), (-11, ""))
        self.assertIn("signal 11", ran.why())

    def test_it_is_ended_in_time_with_all_that_it_started(self):
        mark = f"sleep 98{os.getpid() % 1000:03}"
        ran = self.box.run(["sh", "-c", f"setsid {mark} & setsid sh -c '{mark}' & {mark}"], seconds=0.7)
        self.assertTrue(ran.timed_out)
        self.assertLess(ran.seconds, 3)
        self.assertFalse(alive(mark))
        self.box.run(["sh", "-c", f"setsid {mark} >/dev/null 2>&1 & exit 0"])
        self.assertFalse(alive(mark))

    def test_memory_of_one_and_of_many(self):
        one = self.python("x = bytearray(900 << 20); import time; time.sleep(3); print('there')")
        self.assertNotIn("there", one.out)
        many = self.python("import os, time\nfor i in range(8): os.fork() or (bytearray(b'x') * (60 << 20), time.sleep(4), os._exit(0))\n"
                           "time.sleep(4); print('there')")
        self.assertEqual(many.killed, "memory")

    def test_a_fork_bomb_meets_its_limit(self):
        started = time.monotonic()
        ran = self.box.run(["sh", "-c", "f() { f | f & }; f; sleep 9"], seconds=1.5)
        self.assertTrue(ran.timed_out)
        self.assertLess(time.monotonic() - started, 6)

    def test_output_and_disk_have_an_end(self):
        self.assertEqual(self.box.run(["yes"]).killed, "output")
        ran = self.python("import itertools\nfor i in itertools.count(): open(f'f{i}', 'w').close()")
        self.assertEqual(ran.killed, "disk")

    def test_writes_stay_inside(self):
        targets = [str(toy.ROOT / "planted"), str(toy.BUILD / "planted"), "/usr/planted", "/etc/planted"]
        if self.how == "namespaces" or os.geteuid() == 0:
            targets.append(str(self.box.files / "hello.txt"))
        ran = self.python(f"import os\nfor path in {targets!r}:\n try:\n  open(path, 'w').write('x'); print(path)\n"
                          " except OSError: pass\n")
        if self.how == "namespaces" or os.geteuid() == 0:
            self.assertEqual(ran.out, "")
            for target in targets:
                self.assertEqual(os.path.exists(target), target.endswith("hello.txt"), target)
        self.assertEqual(self.box.bytes_of("hello.txt"), b"hello")

    def test_no_network_but_the_server_of_the_case(self):
        code = ("import socket, sys\nprint(socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5).recv(9))\n"
                "try: socket.create_connection(('192.0.2.1', 80), 1); print('out')\nexcept OSError as error: print('no')")
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        ran = self.box.run(["python3", "-c", code, "{port}"], serve=Echo())
        self.assertEqual(ran.out, "b'hello'\nno\n", ran.err)
        ran = self.python(f"import socket; socket.create_connection(('127.0.0.1', {listener.getsockname()[1]}), 2); print('in')")
        self.assertNotIn("in\n", ran.out)

    def test_what_is_left_is_read_with_care(self):
        self.box.run(["sh", "-c", "ln -s /etc/passwd link; mkfifo pipe; mkdir d; ln -s /etc d/up; head -c 3000000 /dev/zero > big"])
        for name in ("link", "pipe", "d", "d/up/passwd", "none"):
            with self.assertRaises(toy.Failed, msg=name):
                self.box.left(name)
        with self.assertRaises(toy.Failed):
            self.box.left("big", limit=1 << 20)

    def test_what_the_grader_writes_goes_through_no_link(self):
        with tempfile.NamedTemporaryFile() as witness:
            os.chmod(witness.name, 0o666)
            self.box.run(["sh", "-c", f"ln -s {witness.name} in; ln -s {witness.name} out; ln -s /tmp up; mkdir d; touch d/x"])
            self.box.put("in", "fresh")
            self.assertEqual(self.box.left("in"), b"fresh")
            for attempt in (lambda: self.box.append("out", b"x"), lambda: self.box.put("up/in", "x"), lambda: self.box.put("d", "x")):
                self.assertRaises(toy.Failed, attempt)
            self.assertEqual(os.path.getsize(witness.name), 0)

    def test_the_grader_cannot_be_ended_or_read(self):
        if self.how != "namespaces" and os.geteuid() != 0:
            self.skipTest("limits alone, and the same user: nothing keeps it from that")
        os.environ["RETORT_COURSE_SECRET"] = "a secret"
        self.addCleanup(os.environ.pop, "RETORT_COURSE_SECRET")
        ran = self.python(f"import os\nfor pid in (os.getppid(), {os.getpid()}, 1):\n try: os.kill(pid, 9)\n"
                          " except (ProcessLookupError, PermissionError): pass\n"
                          f"try: print(open('/proc/{os.getpid()}/environ').read())\nexcept OSError: print('no')\n"
                          "print(os.environ)")
        self.assertNotIn("a secret", ran.out)

    def test_a_power_cut_comes_when_it_is_asked_for(self):
        out = self.box.scratch / "out"
        ran = self.box.run(["sh", "-c", "echo kept > out; sleep 30"], until=lambda: out.exists() and out.read_text() == "kept\n")
        self.assertEqual((ran.killed, ran.timed_out), ("asked", False))
        self.assertEqual(self.box.left_text("out"), "kept\n")


class Namespaces(Walls, unittest.TestCase):
    kind = "namespaces"

    def setUp(self):
        super().setUp()
        if self.how != "namespaces":
            self.box.close()
            self.skipTest("no namespaces here: " + toy.sandbox.walls(toy.context())[1])

    def test_nothing_of_the_machine_is_seen_but_what_is_given(self):
        secret = toy.ROOT / "course/3-topk-tail/reference/known_tokens.cc"
        ran = self.box.run(["sh", "-c", f"cat {secret}; ls {toy.ROOT}/course {toy.ROOT}/tests; ls /home /root; cat /proc/[0-9]*/cmdline"])
        self.assertNotIn("KnownTokens", ran.out)
        self.assertNotIn("sandbox_test", ran.out)
        ran = self.box.run(["ls", str(toy.BUILD)], repository=False)
        self.assertNotEqual(ran.rc, 0)


class Limits(Walls, unittest.TestCase):
    kind = "limits"

    def test_it_is_said(self):
        result = toy.run("echo 1")
        self.assertEqual(result.walls, "limits")
        self.assertIn("no namespaces", "".join(result.notes))


def alive(mark):
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    words = file.read().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue
            if words.strip().startswith(mark):
                return True
    return False


class Reach(unittest.TestCase):
    def test_a_repository_that_only_root_may_enter_is_told(self):
        toy.use_walls("limits")
        with tempfile.TemporaryDirectory() as folder:  # of mode 700
            build = Path(folder) / "build"
            (build / "configs").mkdir(parents=True)
            closed = Context(root=build, build=build, student="toy", salt=b"s" * 32)
            says = toy.sandbox.out_of_reach(closed)
            if os.geteuid() != 0:
                self.assertEqual(says, "", "the same user reads what it could before")
                return
            self.assertIn(folder, says)
            os.chmod(folder, 0o755)
            self.assertEqual(toy.sandbox.out_of_reach(closed), "")


if __name__ == "__main__":
    unittest.main()
