"""Finds a browser and Chinese fonts for the tests, or gets them. `python -m tests.chromium`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Milliseconds a test waits for what it expects to see, on a machine that does much else besides.
PATIENCE = 30_000


def installed() -> str | None:
    """LIANHU_BROWSER, else one on PATH or in /usr/bin, else Playwright's own download."""
    given = os.environ.get("LIANHU_BROWSER")
    if given:
        return given
    for name in NAMES:
        found = shutil.which(name) or shutil.which(name, path="/usr/bin:/usr/local/bin")
        if found:
            return found
    return _downloaded()


def lean() -> str | None:
    """The installed one, without what only people need (chromium.sh)."""
    found = installed()
    if not found:
        return None
    os.environ["LIANHU_TESTS_CHROMIUM"] = found
    return str(Path(__file__).with_suffix(".sh"))


def _downloaded() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def ensure() -> str:
    """A browser, whatever it takes; SystemExit with the reason when nothing worked."""
    found = installed() or (_download() and _downloaded()) or (_apt("chromium") and installed())
    if not found:
        sys.exit(
            "没有浏览器：未找到 chromium 或 google-chrome，Playwright 下载和 apt-get 也未成功。"
            "请安装 chromium，或以 LIANHU_BROWSER 指明其路径。"
        )
    if not _has_chinese_font() and not (_apt("fonts-noto-cjk") and _has_chinese_font()):
        sys.exit("没有中文字体：请安装 fonts-noto-cjk。")
    return found


def _download() -> bool:
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    return subprocess.run(command, stdout=sys.stderr).returncode == 0


def _apt(package: str) -> bool:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    quiet = {"stdout": sys.stderr, "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}}
    subprocess.run(["apt-get", "update", "-qq"], **quiet)
    install = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", package]
    return subprocess.run(install, **quiet).returncode == 0


def _has_chinese_font() -> bool:
    if not shutil.which("fc-list"):
        # Without fontconfig nothing can be asked; a browser brings it along.
        return True
    listed = subprocess.run(["fc-list", ":lang=zh", "family"], capture_output=True, text=True)
    return bool(listed.stdout.strip())


if __name__ == "__main__":
    print(f"浏览器：{ensure()}", file=sys.stderr)
