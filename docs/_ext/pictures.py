"""Take the pictures of README: ``python docs/_ext/pictures.py`` writes ``docs/pictures/report.png`` and ``storm.png``.

They are of the report of a real run: ``locustfiles/ticks.py`` against a target that lets one handshake in at a time. It
takes 70 seconds, and its figures differ a little from time to time. It needs the extra ``dev``, and Chromium.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "docs" / "pictures"
WIDTH, EDGE = 1180, 16


def main() -> None:
    """Run, and photograph what the report shows."""
    TARGET.mkdir(exist_ok=True)
    with TemporaryDirectory() as directory:
        reports = Path(directory)
        run(reports)
        photograph(reports / "report.html")


def run(reports: Path) -> None:
    """Have the storm run against a demo target of its own; its report goes to ``reports``."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    demo = [sys.executable, "-m", "locust_ext.cli", "demo", "--port", port, "--fault", "reconnect"]
    target = subprocess.Popen(demo)  # noqa: S603 ours
    try:
        locust = [sys.executable, "-m", "locust", "-f", str(ROOT / "locustfiles" / "ticks.py"), "--headless"]
        command = [*locust, "-H", f"http://127.0.0.1:{port}", "--report-dir", str(reports)]
        subprocess.run(command, check=False)  # noqa: S603 ours
    finally:
        target.terminate()
        target.wait()


def photograph(report: Path) -> None:
    """Take the top of the page down to the first chart, and the herd."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"]).new_page()
        page.set_viewport_size({"width": WIDTH, "height": 900})
        page.goto(report.as_uri())
        page.locator(".plot").last.locator("svg.main-svg").first.wait_for(state="attached")
        load = page.locator(".plot[data-chart=load]").bounding_box()
        herd = page.locator(".plot[data-chart=herd]").locator("..").bounding_box()
        assert load, "the report has no charts"
        assert herd, "the run had no storm"
        pictures = {
            "report.png": (0, load["y"] + load["height"]),
            "storm.png": (herd["y"] - EDGE, herd["height"] + EDGE),
        }
        for name, (top, height) in pictures.items():
            clip = {"x": 0, "y": top, "width": WIDTH, "height": height + EDGE}
            page.screenshot(path=TARGET / name, full_page=True, clip=clip)  # type: ignore[arg-type]
            print(f"{TARGET / name}: {(TARGET / name).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
