"""The rules of the house hold in this repository. Run: python3 -m unittest discover -s tests/house"""

import unittest
from pathlib import Path

import checks

ROOT = Path(__file__).resolve().parents[2]


class Repository(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.tree = checks.Tree.of_repository(ROOT)


def _add(check):
    def test(self):
        found = [f"{path}:{line}: {message}" for path, line, message in check(self.tree)]
        self.assertEqual([], found, "\n" + "\n".join(found))

    setattr(Repository, check.__name__.replace("check_", "test_"), test)


for _check in checks.ALL:
    _add(_check)

if __name__ == "__main__":
    unittest.main()
