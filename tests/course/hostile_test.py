"""Submissions that attack: each scores what it earned, in its time, and leaves the machine as it was."""

import os
import tempfile
import time
import unittest
from pathlib import Path

import toy

ADDS = 'echo $(($1 + $2)) > sum.txt'
MARK = os.getpid()  # in what is looked for among all processes: other tests may run beside this one


class Hostile(unittest.TestCase):
    kind = "namespaces"

    def setUp(self):
        toy.use_walls(self.kind)
        self.guarded = toy.sandbox.walls(toy.context())[0] == "namespaces" or os.geteuid() == 0
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.witness = Path(self.folder.name) / "witness"
        self.witness.write_text("untouched")
        os.chmod(self.folder.name, 0o755)

    def check(self, script, adds, within=8, **options):
        started = time.monotonic()
        result = toy.run(script, seconds=1.5, **options)
        self.assertLess(time.monotonic() - started, within)
        self.assertEqual(result.errors, [])
        self.assertEqual([case.score for case in result.cases], [6 if adds else 0, 4], result.cases[0].output)
        self.assertEqual(self.witness.read_text(), "untouched")
        return result

    def test_the_honest_one(self):
        self.check(ADDS, True)

    def test_hangs(self):
        self.check("sleep 60", False)
        self.check(ADDS + "; sleep 60", True)  # what it earned lies in its file

    def test_ignores_signals_and_hides_children(self):
        self.check(f"trap '' TERM INT HUP; (setsid sh -c 'trap \"\" TERM; sleep 61.{MARK}' &); {ADDS}", True)
        self.assertNotIn(f"sleep 61.{MARK}", processes())

    def test_forks_without_end(self):
        self.check(ADDS + "; f() { f | f & }; f; wait; sleep 9", True, within=12)
        self.check(f"while :; do sleep 62.{MARK} & done", False, within=12)
        self.assertNotIn(f"sleep 62.{MARK}", processes())

    def test_takes_all_memory_and_disk(self):
        self.check("python3 -c 'x = bytearray(4 << 30)'", False)
        self.check("python3 -c 'x = []\nwhile True: x.append(bytearray(1 << 20))'", False)
        self.check("while :; do head -c 50000000 /dev/zero >> big; done", False)

    def test_prints_without_end(self):
        self.check("yes '{\"score\": 100}'", False)

    def test_prints_fake_results(self):
        fake = '{"score": 100, "max_score": 100, "tests": [{"name": "adds", "score": 6, "max_score": 6, "status": "passed"}]}'
        self.check(f"echo '{fake}'; echo '{fake}' > results.json; echo '[  PASSED  ] 99 tests.'; exit 0", False)

    def test_writes_everywhere(self):
        if self.guarded:
            self.check(f"for f in {self.witness} {toy.ROOT}/README.md {toy.ROOT}/course/grading/grade.py /etc/passwd $0; do "
                       f"echo spoilt > $f; rm -f $f; done 2>/dev/null; {ADDS}", True)
            self.assertIn("Retort", (toy.ROOT / "README.md").read_text(encoding="utf-8"))

    def test_leaves_traps_where_its_answer_should_be(self):
        self.check("ln -s /etc/passwd sum.txt", False)
        self.check("mkfifo sum.txt", False)
        self.check("mkdir sum.txt", False)
        self.check("head -c 40000000 /dev/zero > sum.txt", False)
        self.check("printf '\\377\\376' > sum.txt", False)
        self.check(ADDS + "; mkdir -p a/b; chmod 000 a/b a", True)

    def test_kills_whom_it_can(self):
        if self.guarded:
            self.check(f"kill -9 {os.getpid()} $PPID 1 2>/dev/null; kill -STOP {os.getpid()}; {ADDS}", True)
            self.check("kill -9 -1; " + ADDS, True)  # whoever kills all keeps but itself

    def test_reaches_nobody(self):
        self.check("python3 -c 'import socket; socket.create_connection((\"192.0.2.1\", 80), 2)' && " + ADDS, False)


class HostileWithLimitsAlone(Hostile):
    kind = "limits"

    def test_kills_whom_it_can(self):
        if self.guarded:  # as another user: nobody else's processes
            self.check(f"kill -9 {os.getpid()} 1 2>/dev/null; {ADDS}", True)


class HostileCollector(unittest.TestCase):
    """On an assignment itself: the reference's work with an attack before it earns what the work is worth."""

    def test_what_it_earned(self):
        toy.use_walls("namespaces")
        from grading import catalogue
        from grading.assignment import Assignment

        context, assignment = catalogue.load("4-collector", "hostile", toy.BUILD)
        good = (toy.ROOT / "course/4-collector/reference/collector.py").read_text(encoding="utf-8") if (
            toy.ROOT / "course/4-collector/reference").exists() else None
        if good is None:
            self.skipTest("a students' tree")
        attack = ("import os, sys\nprint('{\"score\": 80}' * 1000)\n"
                  "for name in ('/etc/passwd', sys.argv[0]):\n"
                  "    try: open(name, 'a').write('{}')\n    except OSError: pass\n"
                  f"if os.fork() == 0:\n    os.setsid()\n    os.execvp('sleep', ['sleep', '63.{MARK}'])\n")
        few = [case for case in assignment.cases if case.name in ("a friendly server", "the key is kept")]
        short = Assignment(assignment.name, assignment.title, assignment.files, few)
        honest = toy.grade(context, short, {"collector.py": good.encode()})
        self.assertEqual(honest.percent, 100)
        at = good.index("import argparse")
        hostile = toy.grade(context, short, {"collector.py": (good[:at] + attack + good[at:]).encode()})
        self.assertEqual(hostile.percent, 100, [case.output for case in hostile.cases])
        self.assertNotIn(f"sleep 63.{MARK}", processes())
        fake = toy.grade(context, short, {"collector.py": b"print('all collected'); open('answers.jsonl', 'w').write('{}\\n')"})
        self.assertEqual(fake.score, 0)


def processes():
    """The command lines of all."""
    lines = []
    for name in os.listdir("/proc"):
        try:
            if name.isdigit():
                lines.append(Path(f"/proc/{name}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
        except OSError:
            pass
    return "\n".join(lines)


if __name__ == "__main__":
    unittest.main()
