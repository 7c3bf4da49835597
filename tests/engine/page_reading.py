"""Reports as a reader meets them: their texts and what they would load, and how a browser draws and prints them."""

import re
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib import image

needs_browser = pytest.mark.skipif(not shutil.which("chromium"), reason="needs Chromium")


class PageParser(HTMLParser):
    """Collects what a page would fetch, its texts, and whether its tags close."""

    VOID = ("meta", "img", "br", "link", "input", "hr")

    def __init__(self):
        super().__init__()
        self.fetched, self.texts, self.open = [], [], []

    def handle_starttag(self, tag, attrs):
        self.fetched += [
            value for name, value in attrs if name in ("src", "href", "srcset", "data", "action", "poster")
        ]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data.strip())


def read(html: str) -> PageParser:
    page = PageParser()
    page.feed(html)
    page.close()
    assert page.open == []
    return page


def _browse(page, folder, *options):
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
    command += ["--disable-background-networking", "--disable-component-update", "--hide-scrollbars"]
    command += [f"--user-data-dir={folder / 'profile'}", *options, page.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=180)


def screenshot(page, folder, width, height):
    """The page as the browser draws it, `(y, x, 3)`."""
    png_path = folder / f"{page.stem}.png"
    _browse(page, folder, f"--window-size={width},{height}", f"--screenshot={png_path}")
    pixels = (image.imread(png_path)[..., :3] * 255).round().astype(int)
    assert pixels.shape == (height, width, 3)
    return pixels


def count_pdf_pages(page, folder):
    """How many A4 pages the browser prints."""
    pdf = folder / f"{page.stem}.pdf"
    _browse(page, folder, "--no-pdf-header-footer", f"--print-to-pdf={pdf}")
    printed = pdf.read_bytes()
    sizes = [tuple(map(float, box.split())) for box in re.findall(rb"/MediaBox \[0 0 ([\d. ]+)\]", printed)]
    np.testing.assert_allclose(sizes, [(595, 842)] * len(sizes), atol=1.5)
    return len(sizes)
