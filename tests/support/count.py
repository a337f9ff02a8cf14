"""Adds up what the tests of one or more builds counted, and says which failed.

    python3 tests/support/count.py --broken N BUILD/meson-logs/testlog.json ...

Every test prints its own counts, Check's ("100%: Checks: 5, Failures: 0, Errors: 0") or a script's ("5 passed, 0
failed, 1 skipped"); both are added up here. A test that fails without having counted a failure (it crashed, ran out of
time, or never counted) is one failure more, and so is one that counted nothing and calls itself well. The N
builds that did not come about are failures too. Ends with the line "N passed, N failed" (", N skipped"); status 1
where something failed or nothing passed."""

import json
import re
import sys

CHECK = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)$", re.MULTILINE)
SCRIPT = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.MULTILINE)
SKIPPED = 77  # a whole test's exit status


def count(test):
    """Of one test: passed, failed, skipped."""
    passed = failed = skipped = 0
    text = test.get("stdout") or ""
    for checks, failures, errors in CHECK.findall(text):
        bad = int(failures) + int(errors)
        passed, failed = passed + int(checks) - bad, failed + bad
    for good, bad, left in SCRIPT.findall(text):
        passed, failed, skipped = passed + int(good), failed + int(bad), skipped + int(left or 0)
    if test["returncode"] == SKIPPED and not passed + failed:
        return 0, 0, max(skipped, 1)
    well = test["result"] == "OK"
    if (not well and not failed) or (well and not passed + skipped):
        failed += 1
    return passed, failed, skipped


def tell(test):
    """What a failed test said, its end at least."""
    print(f"---- {test['name']}: {test['result']}, status {test['returncode']}, {test['duration']:.0f} s")
    for stream in "stdout", "stderr":
        print("\n".join((test.get(stream) or "").splitlines()[-60:]))


def main(broken, paths):
    totals = [0, broken, 0]
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for test in map(json.loads, file):
                counts = count(test)
                totals = [total + more for total, more in zip(totals, counts)]
                if counts[1]:
                    tell(test)
    passed, failed, skipped = totals
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[2]), sys.argv[3:]))
