"""What the README shows is what comes out. `BLESS=1` writes it anew."""

import os
import re
import subprocess
import sys
import unittest

from tests import EXAMPLE

README = EXAMPLE / "README.md"
# A command or a program, and what it prints.
SHOWN = re.compile(r"```(sh|python)\n((?:(?!```).*\n)*)```\n\n```text\n((?:(?!```).*\n)*)```\n")


class Readme(unittest.TestCase):
    def test_examples_print_what_is_shown(self) -> None:
        document = README.read_text(encoding="utf-8")
        blessed = SHOWN.sub(lambda shown: shown[0].replace(f"```text\n{shown[3]}", f"```text\n{run(shown[1], shown[2])}"), document)
        self.assertEqual(len(SHOWN.findall(document)), 2)
        if os.environ.get("BLESS"):
            README.write_text(blessed, encoding="utf-8")
        else:
            self.assertEqual(document, blessed)


def run(language: str, code: str) -> str:
    if language == "sh":
        command = code.split()
        assert command[0] == "python3", code
        command[0] = sys.executable
    else:
        command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=EXAMPLE, capture_output=True, text=True)
    # 1 says that something was found.
    assert done.returncode in (0, 1) and not done.stderr, done.stderr
    return done.stdout
