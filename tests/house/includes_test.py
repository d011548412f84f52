"""Each rule of includes.py, broken once: a rule that nothing can break would be no rule."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CHECK = Path(__file__).with_name("includes.py")


class Includes(unittest.TestCase):
    def check(self, files):
        """Runs includes.py on a tree of these files; what it prints, one line a problem."""
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            done = subprocess.run([sys.executable, CHECK, folder], capture_output=True, text=True)
        lines = done.stdout.splitlines()
        self.assertEqual(done.returncode, 1 if lines else 0, done.stderr)
        return lines

    def assert_one(self, files, place, what):
        lines = self.check(files)
        self.assertEqual(len(lines), 1, lines)
        self.assertTrue(lines[0].startswith(place), lines[0])
        self.assertIn(what, lines[0])

    def test_allowed_arrows(self):
        self.assertEqual(self.check({
            "core/stats/a.cc": '#include "core/base/error.h"\n#include "core/config/describe.h"\n#include "core/stats/a.h"\n',
            "core/config/toml.cc": "#include <toml++/toml.h>\n",
            "core/lm/a.h": '#include <ATen/core/Tensor.h>\n#include <nlohmann/json_fwd.hpp>\n#include "core/data/task.h"\n',
            "core/lm/a.cc": "#include <torch/torch.h>\n#include <nlohmann/json.hpp>\n",
            "teacher/provider/a.cc": '#include "teacher/teacher.h"\n',
            "experiments/few.cc": '#include "teacher/provider/a.h"\n#include "experiments/cells/grid.h"\n',
            "tests/student/a_test.cc": '#include "student/trainer.h"\n#include "tests/core/lm/tiny.h"\n',
        }), [])

    def test_base_stands_on_nothing(self):
        self.assert_one({"core/base/a.cc": '#include "core/config/describe.h"\n'}, "core/base/a.cc:1:", "the ground")

    def test_student_must_not_see_the_teacher(self):
        self.assert_one({"student/a.cc": '\n#include "teacher/teacher.h"\n'}, "student/a.cc:2:", "must not include teacher")

    def test_its_tests_neither(self):
        self.assert_one({"tests/student/a_test.cc": '#include "teacher/teacher.h"\n'}, "tests/student/", "must not include")

    def test_teacher_must_not_see_the_provider(self):
        self.assert_one({"teacher/a.h": '#include "teacher/provider/a.h"\n'}, "teacher/a.h:1:", "teacher/provider")

    def test_lab_must_not_see_the_provider(self):
        self.assert_one({"experiments/lab/a.cc": '#include "teacher/provider/a.h"\n'}, "experiments/lab/a.cc:1:", "provider")

    def test_but_for_its_front_door(self):
        self.assertEqual(self.check({"experiments/design/a.cc": '#include "teacher/provider/guarded_teacher.h"\n'}), [])

    def test_a_cell_must_not_know_where_it_runs(self):
        self.assert_one({"experiments/cells/a.cc": '#include "experiments/launch/launcher.h"\n'}, "experiments/cells/a.cc:1:",
                        "must not include experiments/launch")

    def test_config_beyond_its_reflection_header(self):
        self.assert_one({"core/data/a.cc": '#  include "core/config/program.h"\n'}, "core/data/a.cc:1:", "core/config")

    def test_torch_header_in_a_header(self):
        self.assert_one({"core/lm/a.h": "#include <torch/torch.h>\n"}, "core/lm/a.h:1:", "torch/torch.h")

    def test_torch_in_a_room_without_it(self):
        self.assert_one({"core/stats/a.cc": "#include <c10/util/Half.h>\n"}, "core/stats/a.cc:1:", "without torch")

    def test_json_in_a_header(self):
        self.assert_one({"core/base/a.h": "#include <nlohmann/json.hpp>\n"}, "core/base/a.h:1:", ".cc files")

    def test_toml_in_two_files(self):
        lines = self.check({"core/config/a.cc": "#include <toml++/toml.h>\n", "core/config/b.cc": "#include <toml++/toml.h>\n"})
        self.assertEqual(len(lines), 2, lines)

    def test_toml_in_a_header(self):
        self.assert_one({"core/config/a.h": "#include <toml++/toml.h>\n"}, "core/config/a.h:1:", "one .cc")

    def test_path_not_from_the_root(self):
        self.assert_one({"core/base/a.cc": '#include "a.h"\n', "core/base/a.h": ""}, "core/base/a.cc:1:", "beside this file")

    def test_file_in_no_room(self):
        self.assert_one({"core/utils/a.cc": ""}, "core/utils/a.cc:1:", "no room")


if __name__ == "__main__":
    unittest.main()
