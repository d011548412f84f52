"""What students start from works: the server of assignment 4 that they try their collectors on."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import toy

COURSE = toy.ROOT / "course/4-collector"
SERVER = [sys.executable, "-B", COURSE / "starter/try_server.py"]


class TryServer(unittest.TestCase):
    MISHAPS = ("1=429", "2=cut", "2=500", "3=broken", "4=drip", "5=silent", "6=stale", "7=model", "8=400")

    def test_the_reference_gets_through_all_it_does(self):
        with tempfile.TemporaryDirectory() as place:
            questions = Path(place) / "questions.jsonl"
            questions.write_text("".join(json.dumps({"id": f"q{i}", "prompt": f"say {i}", "max_tokens": 9, "cost": 20}) + "\n"
                                         for i in range(1, 10)))
            server = subprocess.Popen([*SERVER, questions, "port=0", *self.MISHAPS], stdout=subprocess.PIPE, text=True)
            self.addCleanup(server.stdout.close)
            self.addCleanup(server.wait)
            self.addCleanup(server.kill)
            url = server.stdout.readline().strip()
            out = Path(place) / "out.jsonl"
            ran = subprocess.run([sys.executable, "-B", COURSE / "reference/collector.py", "--url", url, "--model", "teacher-1",
                                  "--questions", questions, "--out", out, "--budget", "1000", "--timeout", "1.5"],
                                 capture_output=True, text=True, env={**os.environ, "COLLECTOR_KEY": "sk-x"}, check=False, timeout=60)
            self.assertEqual((ran.returncode, ran.stderr), (0, ""))
            lines = [json.loads(line) for line in out.read_text().splitlines()]
            server.kill()
            said = server.stdout.read()
        self.assertEqual([line["id"] for line in lines], [f"q{i}" for i in range(1, 10)])
        self.assertEqual([line["id"] for line in lines if "error" in line], ["q7", "q8"])
        self.assertEqual([line["tokens"] for line in lines], [11] * 7 + [0, 11])
        self.assertNotIn("PAID BEFORE", said)
        self.assertEqual(said.count("q2 "), 3)

    def test_words_that_make_no_sense_are_answered_with_the_usage(self):
        for words in ([], ["questions.jsonl", "1=nonsense"], ["questions.jsonl", "99=500"]):
            with tempfile.TemporaryDirectory() as place:
                (Path(place) / "questions.jsonl").write_text('{"id": "a", "prompt": "b", "max_tokens": 1, "cost": 1}\n')
                words = words and [*words, "port=0"]
                ran = subprocess.run([*SERVER, *words], cwd=place, capture_output=True, text=True, check=False, timeout=20)
                self.assertEqual(ran.returncode, 1)
                self.assertIn("how: 429", ran.stderr)


if __name__ == "__main__":
    unittest.main()
