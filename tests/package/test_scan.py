"""The scan that the plugin repository runs at upload: one finding of bandit or detect-secrets blocks a version."""

import json
import subprocess
import sys


def run(*arguments, cwd):
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    return json.loads(done.stdout)


def test_bandit_finds_nothing(unpacked):
    report = run("bandit", "--recursive", "--quiet", "--format", "json", ".", cwd=unpacked)
    found = [f"{r['filename']}:{r['line_number']} {r['test_id']} {r['issue_text']}" for r in report["results"]]
    assert found == []
    assert report["errors"] == []
    assert report["metrics"]["_totals"]["loc"] > 1000


def test_detect_secrets_finds_nothing(unpacked):
    report = run("detect_secrets", "scan", "--all-files", ".", cwd=unpacked)
    assert report["results"] == {}


def test_no_mark_that_silences_the_scan_goes_without_a_reason(unpacked):
    bare = [
        f"{path.relative_to(unpacked)}:{number}"
        for path in unpacked.rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if line.rstrip().endswith(("# nosec", "# noqa", "# type: ignore"))
    ]
    assert bare == []
