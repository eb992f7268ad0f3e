"""`docs/clauses.md` and the code name the same clauses of the programme."""

import re
from pathlib import Path

import pytest

from reports.quotas.rules import default_quotas

ROOT = Path(__file__).parent.parent
APPS = ("accounts", "registry", "visits", "grievances", "reports", "lianhu", "templates")
CLAUSE = re.compile(r"方案([三四五六])((?:\([一二三四五六七八九十]\))+)")
MORE = re.compile(
    r"、\s*([三四五六])((?:\([一二三四五六七八九十]\))+)|, ([三四五六])((?:\([一二三四五六七八九十]\))+)"
)


def clauses(text: str) -> set[str]:
    """方案三(一)(二)、五(一) names three."""
    found = set()
    for match in CLAUSE.finditer(text):
        groups = [(match[1], match[2])]
        rest = text[match.end() :]
        while more := MORE.match(rest):
            groups.append((more[1] or more[3], more[2] or more[4]))
            rest = rest[more.end() :]
        found |= {f"方案{part}({item})" for part, items in groups for item in re.findall(r"\((.)\)", items)}
    return found


def listed() -> set[str]:
    return clauses((ROOT / "docs" / "clauses.md").read_text())


def test_every_clause_in_the_code_is_listed():
    used = {
        clause
        for app in APPS
        for path in (ROOT / app).rglob("*")
        if path.suffix in {".py", ".html"}
        for clause in clauses(path.read_text())
    }
    assert used
    assert used <= listed()


@pytest.mark.parametrize("quota", default_quotas(), ids=lambda quota: f"{quota['code']}-{quota['binds']}")
def test_every_rule_names_its_clause_and_the_page_names_the_rule(quota):
    named = clauses(quota["clause"])
    assert named
    assert named <= listed()
    assert quota["code"] in (ROOT / "docs" / "clauses.md").read_text()
