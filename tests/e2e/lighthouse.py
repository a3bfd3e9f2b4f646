"""`python -m tests.e2e.lighthouse`: Google's audit of the portal's pages, on a phone as it imagines one; page turns.

Prints a table and what each page lost points for; the reports lie in build/lighthouse. Ends with 1 when a page is
below the goal for accessibility or best practices; performance is told, not judged: it depends on the machine.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright, expect

from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.e2e.instance import Sandbox, running
from tests.e2e.turns import table, turned
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
LIGHTHOUSE = ROOT / "tools" / "lighthouse" / "node_modules" / "lighthouse" / "cli" / "index.js"
REPORTS = ROOT / "build" / "lighthouse"
GOALS = {"performance": 90, "accessibility": 100, "best-practices": 95}
JUDGED = ("accessibility", "best-practices")
RUNS = int(os.environ.get("RUNS") or 3)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One page: medians of its scores (0 to 100) and times (ms) over the runs, and what it lost points for."""

    page: str
    scores: dict[str, int]
    times: dict[str, float]
    lost: list[str]

    def told(self) -> str:
        """One line of the table."""
        scores = "".join(f"{self.scores[name]:>{len(name) + 2}}" for name in GOALS)
        times = "".join(f"{round(value):>12}" for value in self.times.values())
        return f"{self.page:<10}{scores}{times}"

    def below(self) -> list[str]:
        """The judged categories that miss their goal."""
        return [name for name in JUDGED if self.scores[name] < GOALS[name]]


def audit(port: int, name: str, url: str, run: int, goals: Sequence[str]) -> dict[str, Any]:
    """One run of Lighthouse in the browser behind a debugging port."""
    assert LIGHTHOUSE.exists(), "sh tools/lighthouse.sh installs it"
    REPORTS.mkdir(parents=True, exist_ok=True)
    node = subprocess.run(["sh", "tools/node.sh"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    path = REPORTS / f"{name}-{run}"
    command = [f"{node}/node", str(LIGHTHOUSE), url, f"--port={port}", "--quiet", "--output=json", "--output=html"]
    command += [f"--output-path={path}", f"--only-categories={','.join(goals)}", "--no-enable-error-reporting"]
    subprocess.run(command, cwd=ROOT, check=True)
    found: dict[str, Any] = json.loads(path.with_name(path.name + ".report.json").read_text(encoding="utf-8"))
    return found


def verdict(page: str, runs: list[dict[str, Any]]) -> Verdict:
    """The medians of some runs, and everything that was below a full score in any of them."""
    goals = runs[0]["categories"]
    scores = {
        name: round(100 * statistics.median(run["categories"][name]["score"] or 0 for run in runs)) for name in goals
    }
    times = {
        name: statistics.median(run["audits"][name]["numericValue"] for run in runs)
        for name in ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time")
        if "performance" in goals
    }
    lost: dict[str, str] = {}
    for run in runs:
        for name in goals:
            for reference in run["categories"][name]["auditRefs"]:
                found = run["audits"][reference["id"]]
                if reference["weight"] and found["score"] is not None and found["score"] < 0.9:
                    lost[found["id"]] = f"  {name}: {found['title']} {found.get('displayValue', '')}"
    return Verdict(page, scores, times, list(lost.values()))


async def _signed_in(page: Page, sandbox: Sandbox, client: dict[str, str]) -> None:
    await page.goto(await asyncio.to_thread(sandbox.link, client))
    await page.locator("form button[type=submit]").click()
    await expect(page.get_by_role("main")).to_be_visible()
    await page.wait_for_url("**/home")


async def audited(sandbox: Sandbox, *, times: int = RUNS, goals: Sequence[str] = tuple(GOALS)) -> list[Verdict]:
    """Sign-in as a stranger, then home and a request as a client."""
    api, client, port = sandbox.urls["api"], sandbox.client(), free_port()
    found = []
    async with async_playwright() as playwright:
        # Lighthouse opens a tab of its own in this browser, whose cookies are those of a person signed in.
        context = await playwright.chromium.launch_persistent_context(
            str(sandbox.data.parent / "chromium"),
            executable_path=CHROMIUM,
            args=[*FLAGS, f"--remote-debugging-port={port}"],
        )
        pages = {"sign-in": "/en/sign-in", "home": "/en/home", "request": f"/en/request?id={client['id']}"}
        for name, path in pages.items():
            if name == "home":
                page = await context.new_page()
                await _signed_in(page, sandbox, client)
                await page.close()
            runs = [
                await asyncio.to_thread(audit, port, name, f"{api}{path}", run, goals) for run in range(1, times + 1)
            ]
            where = {run["finalDisplayedUrl"] for run in runs}
            assert where == {f"{api}{path}"}, f"{name} led to {where}"
            found.append(verdict(name, runs))
        await context.close()
    return found


def main() -> int:
    """Audit, tell, judge."""
    with running() as sandbox:
        found = asyncio.run(audited(sandbox))
        turns = asyncio.run(turned(sandbox))
    say = sys.stdout.write
    say(f"{'page':<10}{''.join(f'  {name}' for name in GOALS)}{'FCP ms':>12}{'LCP ms':>12}{'TBT ms':>12}\n")
    for each in found:
        say(each.told() + "\n" + "".join(line + "\n" for line in each.lost))
    say(f"{'goal':<10}{''.join(f'{goal:>{len(name) + 2}}' for name, goal in GOALS.items())}\n")
    below = {each.page: each.below() for each in found if each.below()}
    say(f"reports: {REPORTS.relative_to(ROOT)}\n" + (f"below the goal: {below}\n" if below else ""))
    say(table(turns))
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
